"""`xueliang delegation`: lend a role for some days, see what is lent, take it back."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from typer import Argument, Option

from broker.cli import screen
from broker.cli.client.credentials import signed_in
from broker.cli.grammar import Json, Limit, Noun
from broker.cli.instants import instant, shown
from broker.cli.machine import Data, at_the_machine
from broker.cli.requests.request_page import name_of

COLUMNS = ("id", "lender", "delegate", "role", "department", "begin", "end", "works")

Everybody = Annotated[bool, Option("--all")]
Begin = Annotated[str | None, Option("--from", metavar="TIME")]
End = Annotated[str, Option("--to", metavar="TIME")]

app = Noun()


@app.verb("set")
def lend(
    delegate: Annotated[str, Argument(metavar="LOGIN")],
    *,
    role: Annotated[str, Option("--role", metavar="ROLE")],
    end: End,
    reason: Annotated[str, Option("--reason")],
    begin: Begin = None,
    department: Annotated[str | None, Option("--department", metavar="CODE")] = None,
    as_json: Json = False,
) -> None:
    """Lend a role of one's own."""
    body: dict[str, object] = {
        "delegate": delegate, "role": role, "end": instant(end, "--to").isoformat(), "reason": reason,
    }  # fmt: skip
    if begin is not None:
        body["begin"] = instant(begin, "--from").isoformat()
    if department is not None:
        body["department"] = department
    with signed_in() as server:
        show(server.post("/me/delegations", body), as_json=as_json)


@app.verb("list")
def list_delegations(*, everybody: Everybody = False, limit: Limit = 50, as_json: Json = False) -> None:
    """Show delegations, newest first: one's own, or those of all the people one administers or audits."""
    with signed_in() as server:
        pages = server.pages("/delegations" if everybody else "/me/delegations", limit=min(limit, 200))
        found = [each for each, _ in zip(pages, range(limit), strict=False)]
    screen.rows(COLUMNS, found if as_json else map(row, found), as_json=as_json)


@app.verb("end")
def end_delegation(
    delegation: Annotated[UUID, Argument(metavar="ID")],
    *,
    at_machine: Annotated[bool, Option("--operator")] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Take a role back; the machine's operator needs no sign-in for it."""
    if not at_machine:
        with signed_in() as server:
            show(server.delete(f"/delegations/{delegation}"), as_json=as_json)
        return
    with at_the_machine(data) as (broker, me):
        ended = broker.delegations.end(me, delegation).delegation
    told = {"id": str(ended.id), "ended_at": ended.ended_at and shown(ended.ended_at)}
    screen.fields(told, as_json=as_json)


def show(delegation: Mapping[str, Any], *, as_json: bool) -> None:
    """Print a delegation."""
    screen.fields(delegation if as_json else row(delegation), as_json=as_json)


def row(delegation: Mapping[str, Any]) -> dict[str, object]:
    """Return a delegation in one row."""
    return {
        "id": delegation["id"],
        "lender": name_of(delegation["lender"]),
        "delegate": name_of(delegation["delegate"]),
        "role": delegation["role"],
        "department": name_of(delegation["department"]),
        "begin": shown(delegation["begin"]),
        "end": shown(delegation["ended_at"] or delegation["end"]),
        "works": delegation["works"],
        "reason": delegation["reason"],
    }
