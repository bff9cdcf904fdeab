"""What a decision leaves of the lines before it: only some cameras, only a part of their spans, fewer days."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from broker.cli.instants import interval
from broker.domain.errors import Invalid
from broker.domain.time import TimeSpan

Line = Mapping[str, Any]


def decided_lines(
    lines: Sequence[Line],
    stage: str,
    only: Sequence[str],
    begin: datetime | None,
    end: datetime | None,
) -> list[dict[str, object]] | None:
    """Return the decision on each line, None when every line is taken as it stands.

    Args:
        lines: as the server shows them; those that the stage before struck are left out.
        stage: the name of the span that limits a decision, "asked" or "approved".
        only: CAMERA or CAMERA=BEGIN/END; all cameras when empty.
        begin: nothing earlier is left of any line.
        end: nothing later is left of any line.

    Raises:
        Invalid: a camera is named that no line has.
    """
    if not only and begin is None and end is None:
        return None
    open_lines = [line for line in lines if line[stage]]
    wanted = _wanted(open_lines, only)
    return [_decision(line, _left(line, stage, wanted, begin, end)) for line in open_lines]


def decided_terms(
    terms: Mapping[str, Any], days: int | None, *, no_originals: bool = False, longest_side: int | None = None
) -> dict[str, object] | None:
    """Return the terms of a decision that narrows them, None when they stay as they are."""
    narrower: dict[str, object] = {} if days is None else {"valid_days": days}
    if no_originals:
        narrower["originals"] = False
    if longest_side is not None:
        narrower["longest_side"] = longest_side
    return {**terms, **narrower} if narrower else None


def remarks_of(lines: Sequence[Line], remarks: Sequence[str]) -> dict[str, str]:
    """Read CAMERA=TEXT pairs into remarks by line.

    Raises:
        Invalid: a pair has no equals sign, or names a camera that no line has.
    """
    found: dict[str, str] = {}
    for text in remarks:
        name, equals, remark = text.partition("=")
        if not equals:
            raise Invalid("remark-malformed", pointer="/remarks", value=text[:80])
        found |= {line["id"]: remark.strip() for line in _named(lines, name)}
    return found


def field_remarks(remarks: Sequence[str]) -> dict[str, str]:
    """Read POINTER=TEXT pairs ("/purpose/reason=…") into remarks by field of the form.

    Raises:
        Invalid: a pair has no equals sign.
    """
    found = {}
    for text in remarks:
        field, equals, remark = text.partition("=")
        if not equals:
            raise Invalid("field-remark-malformed", pointer="/remarks", value=text[:80])
        found[field.strip()] = remark.strip()
    return found


def _wanted(lines: Sequence[Line], only: Sequence[str]) -> dict[str, TimeSpan | None]:
    """Return line id -> the span named for it (None: all of it); every line when nothing is named."""
    if not only:
        return {line["id"]: None for line in lines}
    wanted: dict[str, TimeSpan | None] = {}
    for text in only:
        name, equals, span = text.partition("=")
        wanted |= {line["id"]: interval(span, "--only") if equals else None for line in _named(lines, name)}
    return wanted


def _named(lines: Sequence[Line], name: str) -> list[Line]:
    found = [
        line for line in lines if name in {line["camera"]["id"], line["camera"]["gb_code"], line["camera"]["name"]}
    ]
    if not found:
        known = ", ".join(str(line["camera"]["gb_code"] or line["camera"]["name"]) for line in lines)
        raise Invalid("line-not-found", pointer="/lines", camera=name[:80], known=known)
    return found


def _left(
    line: Line,
    stage: str,
    wanted: Mapping[str, TimeSpan | None],
    begin: datetime | None,
    end: datetime | None,
) -> TimeSpan | None:
    if line["id"] not in wanted:
        return None
    limit = TimeSpan(datetime.fromisoformat(line[stage]["begin"]), datetime.fromisoformat(line[stage]["end"]))
    span = wanted[line["id"]] or limit  # a span that reaches beyond the limit is sent as it is: the server refuses it
    first, last = max(span.begin, begin or span.begin), min(span.end, end or span.end)
    return TimeSpan(first, last) if first < last else None


def _decision(line: Line, span: TimeSpan | None) -> dict[str, object]:
    if span is None:
        return {"line": line["id"], "struck": True}
    return {"line": line["id"], "begin": span.begin.isoformat(), "end": span.end.isoformat()}
