"""`xueliang grant`: the permits of the person signed in, or those this person may end."""

from typing import Annotated

from typer import Argument, Option

from broker.cli import screen
from broker.cli.client.credentials import signed_in
from broker.cli.client.references import access_request
from broker.cli.footage.grant_page import grant_row, show_grant
from broker.cli.grammar import Json, Limit, Noun
from broker.cli.requests.request_page import show_request

COLUMNS = ("id", "state", "department", "persons", "cameras", "valid_until", "used")

Key = Annotated[str, Argument(metavar="ID")]
Reason = Annotated[str, Option("--reason")]

app = Noun()


@app.verb("list")
def list_grants(
    *,
    request: Annotated[str | None, Option("--request", metavar="NUMBER|ID")] = None,
    limit: Limit = 50,
    as_json: Json = False,
) -> None:
    """Show grants, newest first."""
    with signed_in() as server:
        case = access_request(server, request)["id"] if request else None
        pages = server.pages("/grants", request=case, limit=min(limit, 200))
        found = [grant for grant, _ in zip(pages, range(limit), strict=False)]
    screen.rows(COLUMNS, found if as_json else map(grant_row, found), as_json=as_json)


@app.verb("show")
def show(grant: Key, *, as_json: Json = False) -> None:
    """Show one grant with its cameras and windows."""
    with signed_in() as server:
        show_grant(server.get(f"/grants/{grant}"), as_json=as_json)


@app.verb("revoke")
def revoke(grant: Key, reason: Reason, *, as_json: Json = False) -> None:
    """End a grant for good; what flows under it stops."""
    _end("revoke", grant, reason, as_json=as_json)


@app.verb("suspend")
def suspend(grant: Key, reason: Reason, *, as_json: Json = False) -> None:
    """Let a grant rest; what flows under it stops."""
    _end("suspend", grant, reason, as_json=as_json)


@app.verb("resume")
def resume(grant: Key, reason: Reason, *, as_json: Json = False) -> None:
    """Let a suspended grant go on; its end has not moved."""
    _end("resume", grant, reason, as_json=as_json)


@app.verb("renew")
def renew(grant: Key, *, submit: Annotated[bool, Option("--submit")] = False, as_json: Json = False) -> None:
    """Draft a request for the same again, and with --submit send it on its way."""
    with signed_in() as server:
        drafted = server.post(f"/grants/{grant}/renew")
        if submit:
            drafted = server.post(f"/access-requests/{drafted['id']}/submit")
    show_request(drafted, as_json=as_json)


def _end(verb: str, grant: str, reason: str, *, as_json: bool) -> None:
    with signed_in() as server:
        show_grant(server.post(f"/grants/{grant}/{verb}", {"reason": reason}), as_json=as_json)
