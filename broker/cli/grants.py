"""`xueliang grant`: the permits of the person signed in, or those this person may end."""

from typing import Annotated

from typer import Argument, Option

from broker.cli import screen
from broker.cli.client.credentials import signed_in
from broker.cli.client.references import access_request
from broker.cli.grammar import Json, Limit, Noun
from broker.cli.grant_page import grant_row, show_grant

COLUMNS = ("id", "state", "department", "persons", "cameras", "valid_until", "used")

Key = Annotated[str, Argument(metavar="ID")]

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
def revoke(grant: Key, reason: Annotated[str, Option("--reason")], *, as_json: Json = False) -> None:
    """End a grant for good; what flows under it stops."""
    with signed_in() as server:
        show_grant(server.post(f"/grants/{grant}/revoke", {"reason": reason}), as_json=as_json)
