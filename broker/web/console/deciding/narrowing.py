"""A decision as a form brings it: which lines stay and how far, on which terms, and why."""

from collections.abc import Mapping, Sequence

from broker.domain.footage.grants import Condition
from broker.web.api.requests.request_views import LineOut, TermsOut
from broker.web.console.forms import Form
from broker.web.console.instants import Instants
from broker.web.texts import tell
from broker.web.values import SpanOut

TEMPLATES: Mapping[str, tuple[str, ...]] = {
    "return": ("basis", "papers", "span", "points"),
    "reject": ("purpose", "elsewhere", "wide"),
    "refuse": ("purpose", "secret", "wide"),
    "disavow": ("unfounded", "wide", "elsewhere"),
    "veto": ("purpose", "secret", "wide"),
}
"""Sentences that are often needed; their texts stand under `template.<verdict>.<name>`."""


def limit_of(line: LineOut) -> SpanOut:
    """Return how far a line may go: what was approved, else what was asked."""
    return line.approved or line.asked


def decided_lines(form: Form, lines: Sequence[LineOut], instants: Instants) -> list[dict[str, object]] | None:
    """Return what the form leaves of the lines, as the API takes it; None where it leaves them as they are."""
    kept, changed = set(form.all("line")), False
    told: list[dict[str, object]] = []
    for line in lines:
        name, whole = str(line.id), limit_of(line)
        if name not in kept:
            told.append({"line": name, "struck": True})
            changed = True
            continue
        ends = {}
        for end, at in (("begin", whole.begin), ("end", whole.end)):
            typed = form.one(f"{end}.{name}", instants.field(at))
            same = _seconds(typed) == instants.field(at)
            changed |= not same
            # what was not touched stays exact: the field shows whole seconds
            ends[end] = at.isoformat() if same else instants.read(typed)
        told.append({"line": name, **ends})
    return told if changed else None


def _seconds(typed: str) -> str:
    """Return what a browser sends with the seconds that it leaves out when they are nought."""
    return f"{typed}:00" if typed.count(":") == 1 else typed


def decided_terms(form: Form, terms: TermsOut) -> dict[str, object] | None:
    """Return the terms of the form, in full, as the API takes them; None where they stay as they are."""
    days = form.one("valid_days", str(terms.valid_days))
    added = sorted({*terms.conditions, *(Condition(it) for it in form.all("condition") if it in set(Condition))})
    if days == str(terms.valid_days) and added == sorted(terms.conditions):
        return None
    told = terms.model_dump(mode="json")
    return {**told, "valid_days": int(days) if days.isdecimal() and len(days) < len("1000") else days,
            "conditions": added}  # fmt: skip


def reason_of(form: Form, verdict: str, language: str) -> str:
    """Return the reason: the sentence chosen from the list, and what was typed."""
    chosen = form.one("template")
    known = tell(f"template.{verdict}.{chosen}", language) if chosen in TEMPLATES[verdict] else ""
    return "\n".join(part for part in (known, form.one("reason")) if part)
