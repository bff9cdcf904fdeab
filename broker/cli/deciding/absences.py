"""`xueliang absence`: say when one is away, and who stands in."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from typer import Argument, Option

from broker.cli import screen
from broker.cli.client.credentials import signed_in
from broker.cli.client.references import person
from broker.cli.deciding.delegations import Begin, End, Everybody
from broker.cli.grammar import Json, Limit, Noun
from broker.cli.instants import instant, shown
from broker.cli.requests.request_page import name_of

COLUMNS = ("id", "person", "begin", "end", "note")

app = Noun()


@app.verb("set")
def note(
    *,
    end: End,
    begin: Begin = None,
    remark: Annotated[str, Option("--note")] = "",
    delegate: Annotated[str | None, Option("--delegate", metavar="LOGIN")] = None,
    who: Annotated[str | None, Option("--person", metavar="LOGIN")] = None,
    as_json: Json = False,
) -> None:
    """Note an absence, one's own or that of somebody one administers."""
    body: dict[str, object] = {"end": instant(end, "--to").isoformat(), "note": remark}
    if begin is not None:
        body["begin"] = instant(begin, "--from").isoformat()
    if delegate is not None:
        body["delegate"] = delegate
    with signed_in() as server:
        place = f"/persons/{person(server, who)['id']}/absences" if who is not None else "/me/absences"
        show(server.post(place, body), as_json=as_json)


@app.verb("list")
def list_absences(*, everybody: Everybody = False, limit: Limit = 50, as_json: Json = False) -> None:
    """Show absences, newest first: one's own, or those of all the people one administers or audits."""
    with signed_in() as server:
        pages = server.pages("/absences" if everybody else "/me/absences", limit=min(limit, 200))
        found = [each for each, _ in zip(pages, range(limit), strict=False)]
    screen.rows(COLUMNS, found if as_json else map(row, found), as_json=as_json)


@app.verb("end")
def end_absence(absence: Annotated[UUID, Argument(metavar="ID")], *, as_json: Json = False) -> None:
    """Note that somebody is back."""
    with signed_in() as server:
        show(server.delete(f"/absences/{absence}"), as_json=as_json)


def show(absence: Mapping[str, Any], *, as_json: bool) -> None:
    """Print an absence."""
    screen.fields(absence if as_json else row(absence), as_json=as_json)


def row(absence: Mapping[str, Any]) -> dict[str, object]:
    """Return an absence in one row, with the delegations that a fresh one brought along."""
    told: dict[str, object] = {
        "id": absence["id"],
        "person": name_of(absence["person"]),
        "begin": shown(absence["begin"]),
        "end": shown(absence["ended_at"] or absence["end"]),
        "note": absence["note"],
    }
    return told | ({"delegations": absence["delegations"]} if "delegations" in absence else {})
