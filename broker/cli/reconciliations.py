"""The verbs of what a source lists beside what the catalogue holds: reconcile, review, accept, refuse."""

import json
from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from typer import Argument, Option

from broker.cli import screen
from broker.cli.grammar import Json, Limit, Noun
from broker.cli.instants import shown
from broker.cli.machine import Data, at_the_machine
from broker.domain.errors import Invalid
from broker.domain.ids import CameraId
from broker.domain.reconciliation import Line, Reconciliation
from broker.services.reconciliations import NewPlace

COLUMNS = ("line", "kind", "channel", "held", "told", "state")
Source = Annotated[str, Argument(metavar="CODE")]
Lines = Annotated[list[int], Argument(metavar="LINE…", min=1)]
Number = Annotated[int, Argument(metavar="LINE", min=1)]
Proposal = Annotated[UUID | None, Option("--reconciliation", metavar="ID")]

app = Noun()


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
