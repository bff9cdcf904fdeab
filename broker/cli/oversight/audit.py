"""`xueliang audit`: read the trace, take it away, and check that nobody changed it, by the machine's operator."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal
from uuid import UUID

from typer import Argument, Exit, Option

from broker.cli import screen
from broker.cli.footage import verdict_page
from broker.cli.footage.evidence import certificates
from broker.cli.grammar import Json, Limit, Noun
from broker.cli.instants import instant, shown
from broker.cli.machine import Data, at_the_machine
from broker.cli.paging import every
from broker.cli.whole_files import whole_file
from broker.domain.errors import Conflict, Invalid
from broker.domain.oversight.audit import KINDS, Event
from broker.domain.oversight.trace_search import CHOICES, Sought
from broker.services.oversight.trace_files import MEDIA_TYPES, content
from storage.packages.trace_checking import TraceFindings, check_trace

BROKEN = 5
COLUMNS = ("number", "at", "kind", "actor", "stream", "seq")

app = Noun()


@app.verb("list")
def list_events(
    *,
    case: Annotated[str | None, Option("--case", metavar="ID")] = None,
    kind: Annotated[str | None, Option("--kind")] = None,
    after: Annotated[int, Option("--after", metavar="NUMBER")] = 0,
    limit: Limit = 100,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Show events in the order of the log, of one request when a case is named."""
    if kind is not None and kind not in KINDS:
        raise Invalid("unknown-kind", pointer="/kind", kind=kind[:80], allowed=", ".join(sorted(KINDS)))
    key = _id(case)
    with at_the_machine(data) as (broker, me):

        def page(number: int, count: int) -> Sequence[tuple[int, Event]]:
            return broker.audit.page(me, case=key, kind=kind, after=number, limit=count)

        found = list(every(page, lambda pair: pair[0], after, limit=limit))
    screen.rows(COLUMNS, (_record(number, event, as_json=as_json) for number, event in found), as_json=as_json)
    if not as_json and len(found) == limit:
        screen.note("audit.more", after=found[-1][0])


@app.verb("verify")
def verify(data: Data = None, *, as_json: Json = False) -> None:
    """Check every stream of events from its first to its last."""
    with at_the_machine(data) as (broker, me):
        found = broker.audit.verify(me)
    faults = [{"stream": stream, "seq": seq} for stream, seq in found.faults]
    if as_json:
        screen.document({"streams": found.streams, "events": found.events, "faults": faults})
    else:
        screen.line("audit.broken" if faults else "audit.good", streams=found.streams, events=found.events)
        for fault in faults:
            screen.line("audit.fault", **fault)
    if faults:
        raise Exit(BROKEN)


@app.verb("export")
def export(
    *,
    output: Annotated[Path, Option("--output", "-o", metavar="FILE")],
    list_format: Annotated[Literal["csv", "xlsx", "jsonl"] | None, Option("--format", metavar="csv|xlsx|jsonl")] = None,
    begin: Annotated[str | None, Option("--from", metavar="TIME")] = None,
    end: Annotated[str | None, Option("--to", metavar="TIME")] = None,
    case: Annotated[str | None, Option("--case", metavar="NUMBER|ID")] = None,
    kind: Annotated[str | None, Option("--kind")] = None,
    stream: Annotated[str | None, Option("--stream", metavar="NAME")] = None,
    person: Annotated[str | None, Option("--person", metavar="LOGIN")] = None,
    department: Annotated[str | None, Option("--department", metavar="CODE")] = None,
    after: Annotated[int, Option("--after", metavar="NUMBER", min=0)] = 0,
    force: Annotated[bool, Option("--force")] = False,
    data: Data = None,
) -> None:
    """Take the trace away as a table, or as JSON Lines that `verify-file` checks; the export is noted in the trace."""
    form = list_format or output.suffix.removeprefix(".").lower()
    if form not in MEDIA_TYPES:
        raise Invalid("trace-format", pointer="/format", file=str(output))
    if kind is not None and kind not in CHOICES:
        raise Invalid("unknown-kind", pointer="/kind", kind=kind[:80], allowed=", ".join(sorted(KINDS)))
    if output.exists() and not force:
        raise Conflict("file-exists", file=str(output))
    key = _key(case)
    sought = Sought(
        case=key, number=case if key is None else None, kinds=None if kind is None else CHOICES[kind], stream=stream,
        person=person, department=department, since=instant(begin, "--from") if begin else None,
        until=instant(end, "--to") if end else None,
    )  # fmt: skip
    with at_the_machine(data) as (broker, me):
        taken = broker.trace_exports.export(me, sought, form, after=after)
        whole_file(output, content(taken, form))
    screen.line("audit.exported", file=output, events=taken.count)
    if taken.next is not None:
        screen.note("audit.cut", after=taken.next)


@app.verb("verify-file")
def verify_file(
    file: Annotated[Path, Argument(metavar="FILE")],
    *,
    trust: Annotated[list[Path] | None, Option("--trust", metavar="FILE")] = None,
    as_json: Json = False,
) -> None:
    """Check an export of the trace; needs no server, no database and no network."""
    roots = None if not trust else [root for each in trust for root in certificates(each)]
    try:
        found = check_trace(file, roots)
    except OSError as error:
        raise Invalid("file-unreadable", file=str(file), reason=error.strerror or "") from error
    if as_json:
        told = verdict_page.as_record(found)
        screen.document({name: it for name, it in told.items() if name not in {"files", "size"}} | _counted(found))
    else:
        screen.plain(verdict_page.in_words(found, "trace-file", **_counted(found)))
    if found.code:
        raise Exit(found.code)


def _counted(found: TraceFindings) -> dict[str, int]:
    return {"streams": found.streams, "events": found.events, "sought": found.sought, "partial": found.partial}


def _record(number: int, event: Event, *, as_json: bool) -> dict[str, object]:
    return {
        "number": number,
        "at": event.at.isoformat() if as_json else shown(event.at),
        "kind": event.kind,
        "actor": event.actor,
        "stream": event.stream,
        "seq": event.seq,
        "data": event.data,
        "leaf": event.leaf.hex(),
    }


def _key(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def _id(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise Invalid("id-malformed", pointer="/case", value=str(text)[:80]) from None
