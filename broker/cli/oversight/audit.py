"""`xueliang audit`: read the trace and check that nobody changed it, by the machine's operator."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from typer import Exit, Option

from broker.cli import screen
from broker.cli.grammar import Json, Limit, Noun
from broker.cli.instants import shown
from broker.cli.machine import Data, at_the_machine
from broker.cli.paging import every
from broker.domain.errors import Invalid
from broker.domain.oversight.audit import KINDS, Event

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


def _id(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise Invalid("id-malformed", pointer="/case", value=str(text)[:80]) from None
