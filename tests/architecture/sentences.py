"""Collects from the code every slug that a person may be told, with the facts its sentence can count on."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from adapters.errors import shipped
from broker.domain.errors import BrokerError
from broker.web import validation
from broker.web.problems import STATUS
from policies.authorizer import Authorizer
from tests.architecture.sources import called, named, python_files, text_of, tree

ALWAYS = frozenset({"missing", "pointer"})
"""What `explain` hands to every sentence of an error."""

FUNCTIONS = {"say": 0, "refused": 0, "fail": 1, "abort": 1}
"""Functions that take a slug, and the place of that argument."""

ROW_FACTS = frozenset({"where", "field", "value", "allowed"})
ROW_SLUG = re.compile(r"(point|gb-code)(-[a-z]+)+")
ROW_FILES = ("broker/services/catalog/catalog_files", "storage/db/catalog/camera_merge.py")

LOCKED = ("person-locked", "camera-locked", "department-locked")
CUT_OFF = (
    "grant-revoked", "grant-expired", "grant-suspended", *LOCKED, "camera-transferred", "lease-lost", "cancelled",
    "client-left", "fault",
)  # fmt: skip
"""Why a delivery ended before its end; where the grant is dead too, the retrieval keeps it as its error."""

COMPUTED: dict[str, dict[str, frozenset[str]]] = {
    "broker/services/deciding/rulebook_document/members.py:fault": {
        **dict.fromkeys(
            ("field-unknown", "field-missing", "text-blanks", "hollow-word", "routes-leave-gap"), frozenset[str]()
        ),
        "field-type": frozenset({"expected"}),
        "field-choice": frozenset({"allowed"}),
        "field-pattern": frozenset({"pattern"}),
        "list-entry-twice": frozenset({"value"}),
        "rule-reference": frozenset({"value", "allowed"}),
        **dict.fromkeys(("number-too-small", "list-too-short", "text-too-short"), frozenset({"least"})),
        **dict.fromkeys(("number-too-large", "list-too-long", "text-too-long"), frozenset({"most"})),
        **dict.fromkeys(("route-without-center", "route-never-taken"), frozenset({"route"})),
    },
    "broker/domain/catalog/gb_code.py:_refusal": {
        f"gb-code-{group}": frozenset({"value", "allowed"})
        for group in ("length", "digits", "division", "industry", "type", "network", "serial")
    },
    "broker/domain/catalog/camera_fields.py:json_value": {
        f"record-field-{reason}": frozenset({"field", "value", "allowed"})
        for reason in ("empty", "code", "shape", "integer", "number", "range", "instant", "flag", "long", "control")
    },
    "broker/services/footage/retrievals.py:understood": {
        **dict.fromkeys(
            (
                "footage-person",
                "footage-camera",
                "footage-action",
                "footage-quota",
                "footage-conditions",
                "footage-download",
                *LOCKED,
            ),
            frozenset({"act"}),
        ),
        **dict.fromkeys(("footage-live", "footage-window"), frozenset({"act", "windows", "state", "until"})),
    },
    "broker/web/handing_over.py:_opened": dict.fromkeys(
        ("grant-revoked", "grant-expired", *LOCKED), frozenset({"act"})
    ),
    "broker/services/footage/retrievals.py:interrupted": dict.fromkeys(CUT_OFF, frozenset[str]()),
}
"""Where a slug is computed: the function, and every slug that may come out, with the facts given."""


@dataclass(frozen=True)
class Told:
    """A slug that may reach a person from one place; `facts` None when they are handed on unseen."""

    slug: str
    facts: frozenset[str] | None
    where: str


def kinds() -> frozenset[str]:
    """Return the names of the error classes of the core."""
    return frozenset(
        kind.__name__ for kind in BrokerError.__subclasses__() if kind.__module__ == BrokerError.__module__
    )


def all_told() -> list[Told]:
    """Return every slug of the whole program, place by place."""
    return [*raised(), *of_adapters(), *of_rows(), *of_policy(), *of_web(), *computed()]


def raised() -> Iterator[Told]:
    """Yield what is raised with its slug, what ends a retrieval with its slug, and what `say` is given."""
    for path in python_files("broker", "policies", "adapters", "storage"):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and (found := _told(node)):
                slug, facts = found
                yield Told(slug, facts, f"{named(path)}:{node.lineno}")


def _told(node: ast.Call) -> tuple[str, frozenset[str] | None] | None:
    name, place = called(node), 0
    if name in FUNCTIONS and isinstance(node.func, ast.Name):
        place = FUNCTIONS[name]
    elif name not in kinds():
        return None
    slug = text_of(node.args[place]) if len(node.args) > place else None
    if slug is None:
        return None
    if name == "fail" and len(node.args) > place + 1:
        return slug, _keys(node.args[place + 1])
    given = {keyword.arg for keyword in node.keywords}
    return slug, None if None in given else frozenset(it for it in given if it)


def _keys(node: ast.expr) -> frozenset[str] | None:
    if not isinstance(node, ast.Dict):
        return None
    keys = [text_of(key) for key in node.keys]
    return None if None in keys else frozenset(key for key in keys if key)


def of_adapters() -> Iterator[Told]:
    """Yield what may leave an adapter; each class says its facts itself."""
    for slug, kind in shipped().items():
        yield Told(slug, frozenset(kind.FACTS), f"adapters/errors.py:{kind.__name__}")


def of_rows() -> Iterator[Told]:
    """Yield the reasons why a row of a list stays outside, or loses a value."""
    for path in python_files(*ROW_FILES):
        for node in ast.walk(tree(path)):
            slug = text_of(node)
            if slug and ROW_SLUG.fullmatch(slug):
                yield Told(slug, ROW_FACTS, f"{named(path)}:{getattr(node, 'lineno', 0)}")


def of_policy() -> Iterator[Told]:
    """Yield the names of what a refused person lacks: what a row asks for, or the row that forbids."""
    lacking = {"role", "policy"}
    for role, _, _, need, effect in Authorizer().rules:
        if effect == "allow":
            lacking.update(name for name in need.split("+") if name != "-")
        else:
            lacking.add(f"denied:{role}" if need == "-" else f"denied:{need}")
    for name in sorted(lacking):
        yield Told(f"missing.{name}", frozenset(), "policies/baseline.csv")


def of_web() -> Iterator[Told]:
    """Yield what the web framework refuses by itself, put into our words, and the titles of all problems."""
    where = "broker/web"
    for slug, figures in validation._RULES.values():
        yield Told(slug, frozenset(figures.values()), where)
    yield Told("field-type", frozenset({"expected"}), where)
    yield Told("field-invalid", frozenset(), where)
    for slug in ("unknown-route", "method-not-allowed", "body-too-large", "body-unreadable", "refused"):
        yield Told(slug, frozenset({"method", "path", "limit"}), where)
    for kind in (*STATUS, "method-not-allowed", "unexpected"):
        yield Told(f"kind.{kind}", frozenset(), where)


def computed() -> Iterator[Told]:
    """Yield the slugs that are put together at run time, as listed above."""
    for where, slugs in COMPUTED.items():
        for slug, facts in slugs.items():
            yield Told(slug, facts, where)


def computing_places() -> set[str]:
    """Return the functions that raise an error of the core whose slug is no constant."""
    return {
        f"{named(path)}:{function.name}"
        for path in python_files("broker", "policies", "adapters", "storage")
        for function in _functions(path)
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and called(node) in kinds() and node.args and text_of(node.args[0]) is None
    }


def _functions(path: Path) -> Iterator[ast.FunctionDef]:
    return (node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef))
