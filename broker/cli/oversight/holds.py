"""`xueliang hold`: keep the copies of a request, or one result, beyond their time."""

from collections.abc import Mapping
from itertools import islice
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from typer import Argument, Option

from broker.cli import screen
from broker.cli.client.credentials import signed_in
from broker.cli.client.references import access_request
from broker.cli.client.server import Server
from broker.cli.grammar import Json, Limit, Noun
from broker.cli.instants import instant, shown
from broker.cli.texts import tell

COLUMNS = ("id", "number", "retrieval", "office", "reason", "set_by", "until", "ended_at")

Reason = Annotated[str, Option("--reason")]
Record = Mapping[str, Any]

app = Noun()


@app.verb("set")
def set_hold(
    target: Annotated[str, Argument(metavar="NUMBER|ID")],
    *,
    reason: Reason,
    until: Annotated[str, Option("--until", metavar="TIME")],
    retrieval: Annotated[bool, Option("--retrieval")] = False,
    as_json: Json = False,
) -> None:
    """Hold all copies of a request, or one result."""
    body = {"reason": reason, "until": instant(until, "--until").isoformat()}
    with signed_in() as server:
        place = _place(server, target, retrieval=retrieval)
        _tell(server.post(f"{place}/hold", body), as_json=as_json)


@app.verb("lift")
def lift(hold: Annotated[UUID, Argument(metavar="ID")], *, reason: Reason, as_json: Json = False) -> None:
    """Lift a hold; copies whose time is over are deleted then."""
    with signed_in() as server:
        _tell(server.post(f"/holds/{hold}/lift", {"reason": reason}), as_json=as_json)


@app.verb("list")
def list_holds(
    *, everything: Annotated[bool, Option("--all")] = False, limit: Limit = 50, as_json: Json = False
) -> None:  # fmt: skip
    """Show holds, newest first."""
    with signed_in() as server:
        found = list(islice(server.pages("/holds", standing="false" if everything else "true"), limit))
    screen.rows(COLUMNS, found if as_json else map(_row, found), as_json=as_json)


def _place(server: Server, target: str, *, retrieval: bool) -> str:
    if retrieval:
        return f"/retrievals/{quote(target, safe='')}"
    return f"/access-requests/{access_request(server, target)['id']}"


def _tell(hold: Record, *, as_json: bool) -> None:
    screen.fields(hold if as_json else _row(hold), as_json=as_json)


def _row(hold: Record) -> dict[str, object]:
    """Return a hold in one row."""
    return {
        "id": hold["id"],
        "number": hold["number"],
        "retrieval": hold["retrieval"],
        "office": hold["office"]["name"],
        "reason": hold["reason"] if hold["set_by"] else tell(f"hold.{hold['reason']}"),
        "set_by": hold["set_by"]["name"] if hold["set_by"] else tell("hold.by_rule"),
        "until": shown(hold["until"]),
        "ended_at": shown(hold["ended_at"]) if hold["ended_at"] else None,
    }
