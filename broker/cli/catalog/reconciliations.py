"""The verbs of what a source lists beside what the catalogue holds: reconcile, review, accept, refuse."""

import json
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from typer import Argument, Option

from broker.cli import screen
from broker.cli.grammar import Json, Limit, Noun
from broker.cli.instants import shown
from broker.cli.machine import Data, at_the_machine
from broker.cli.texts import explain
from broker.domain.catalog.reconciliation import Line, LineKind, LineState, Reconciliation, ReconciliationState
from broker.domain.catalog.reconciliation_batches import Batch, Outcome
from broker.domain.errors import Invalid
from broker.domain.ids import CameraId
from broker.services.catalog.reconciliations import NewPlace

COLUMNS = ("line", "kind", "channel", "held", "told", "state")
Source = Annotated[str, Argument(metavar="CODE")]
Lines = Annotated[list[int], Argument(metavar="LINE…", min=1)]
Number = Annotated[int, Argument(metavar="LINE", min=1)]
Proposal = Annotated[UUID | None, Option("--reconciliation", metavar="ID")]

app = Noun()


class Decision(StrEnum):
    """What is decided about many lines."""

    ACCEPT = "accept"
    REFUSE = "refuse"


@app.verb("reconcile")
def reconcile(code: Source, *, limit: Limit = 200, data: Data = None, as_json: Json = False) -> None:
    """Ask a source what it lists, and show what differs from the catalogue."""
    with at_the_machine(data) as (broker, me):
        proposal = broker.reconciliations.propose(me, code)
        lines = broker.reconciliations.lines(me, code, proposal.id, after=0, limit=limit)
    if as_json:
        screen.document(_head(proposal) | {"lines": [_record(line) for line in lines]})
        return
    screen.fields(_head(proposal), as_json=False)
    screen.rows(COLUMNS, [_record(line) for line in lines], as_json=False)


@app.verb("review")
def review(
    code: Source, *, reconciliation: Proposal = None, limit: Limit = 200, data: Data = None, as_json: Json = False
) -> None:
    """Show the lines of a reconciliation, the newest one if none is named."""
    with at_the_machine(data) as (broker, me):
        key = reconciliation or _newest(broker.reconciliations.page(me, code, before=None, limit=1))
        lines = () if key is None else broker.reconciliations.lines(me, code, key, after=0, limit=limit)
    screen.rows(COLUMNS, [_record(line) for line in lines], as_json=as_json)


@app.verb("accept")
def accept(
    code: Source,
    line: Number,
    *,
    reconciliation: Proposal = None,
    place: Annotated[str | None, Option("--place", metavar="LATITUDE,LONGITUDE")] = None,
    point: Annotated[str | None, Option("--point", metavar="GB-CODE")] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Accept a line: the catalogue becomes what it says."""
    with at_the_machine(data) as (broker, me):
        key = reconciliation or _newest(broker.reconciliations.page(me, code, before=None, limit=1)) or UUID(int=0)
        camera = None if point is None else broker.catalog.find(me, point).id
        done = broker.reconciliations.accept(me, code, key, line, _place(place, camera))
    screen.fields(_record(done), as_json=as_json)


@app.verb("refuse")
def refuse(
    code: Source, lines: Lines, *, reconciliation: Proposal = None, data: Data = None, as_json: Json = False
) -> None:
    """Refuse lines: the catalogue stays as it is, and the same is not proposed again."""
    with at_the_machine(data) as (broker, me):
        key = reconciliation or _newest(broker.reconciliations.page(me, code, before=None, limit=1)) or UUID(int=0)
        done = [broker.reconciliations.refuse(me, code, key, line) for line in lines]
    screen.rows(COLUMNS, [_record(line) for line in done], as_json=as_json)


@app.verb("decide")
def decide(
    code: Source,
    decision: Annotated[Decision, Argument(metavar="accept|refuse")],
    *,
    kinds: Annotated[list[LineKind] | None, Option("--kind")] = None,
    lines: Annotated[list[int] | None, Option("--line", metavar="LINE", min=1)] = None,
    reconciliation: Proposal = None,
    place: Annotated[str | None, Option("--place", metavar="LATITUDE,LONGITUDE")] = None,
    dry_run: Annotated[bool, Option("--dry-run")] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Accept or refuse many lines at once, by kind or one by one; what cannot be carried out stays open."""
    new, after, pages = _place(place, None), 0, []
    state = LineState.ACCEPTED if decision is Decision.ACCEPT else LineState.REFUSED
    with at_the_machine(data) as (broker, me):
        key = reconciliation or _newest(broker.reconciliations.page(me, code, before=None, limit=1)) or UUID(int=0)
        while True:  # each turn is one transaction of at most MOST_AT_ONCE lines
            batch = Batch(
                state, frozenset(kinds or ()), tuple(dict.fromkeys(lines or ())), new.latitude, new.longitude, after
            )
            pages.append(broker.reconciliation_batches.decide(me, code, key, batch, dry_run=dry_run))
            after = pages[-1].last
            if not pages[-1].beyond or pages[-1].proposal.state is not ReconciliationState.OPEN:
                break
    _show_outcome(pages, dry_run=dry_run, as_json=as_json)


def _show_outcome(pages: Sequence[Outcome], *, dry_run: bool, as_json: bool) -> None:
    told: dict[str, object] = {"dry_run": dry_run, "state": pages[-1].proposal.state.value}
    told["matched"] = sum(page.matched for page in pages)
    told |= {kind.value: sum(page.decided.get(kind, 0) for page in pages) for kind in LineKind}
    held = [
        {"lines": it.lines, "first": ",".join(map(str, it.first)), "reason": explain(it.reason)}
        for page in pages
        for it in page.held_back
    ]
    if as_json:
        screen.document(told | {"held_back": held})
        return
    screen.fields(told, as_json=False)
    if held:
        screen.rows(("lines", "first", "reason"), held, as_json=False)


def _newest(found: Sequence[Reconciliation]) -> UUID | None:
    return found[0].id if found else None


def _place(told: str | None, camera: CameraId | None) -> NewPlace:
    """Read `30.6,104.1`.

    Raises:
        Invalid: it does not look like that.
    """
    if told is None:
        return NewPlace(camera)
    try:
        latitude, longitude = (float(part) for part in told.split(","))
    except ValueError:
        raise Invalid("option-malformed", value=told[:40]) from None
    return NewPlace(camera, latitude, longitude)


def _head(proposal: Reconciliation) -> dict[str, object]:
    return {
        "id": str(proposal.id), "state": proposal.state.value, "listed": proposal.listed, "same": proposal.same,
        "at": shown(proposal.at),
    }  # fmt: skip


def _record(line: Line) -> dict[str, object]:
    held, told = (json.dumps(dict(side), ensure_ascii=False) for side in (line.proposed.held, line.proposed.told))
    return {
        "line": line.position, "kind": line.proposed.kind.value, "channel": line.proposed.channel, "held": held,
        "told": told, "state": line.state.value,
    }  # fmt: skip
