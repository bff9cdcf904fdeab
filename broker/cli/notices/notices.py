"""`xueliang notice`: what one was told, over the server."""

from itertools import islice
from typing import Annotated
from urllib.parse import quote

from typer import Argument, Option

from broker.cli import screen
from broker.cli.client.credentials import signed_in
from broker.cli.grammar import Json, Limit, Noun
from broker.cli.instants import shown

COLUMNS = ("at", "subject", "read_at", "id")
LIMIT = 50

app = Noun()


@app.verb("list")
def list_all(
    *,
    unread: Annotated[bool, Option("--unread")] = False,
    limit: Limit = LIMIT,
    as_json: Json = False,
) -> None:
    """Show what one was told, newest first."""
    with signed_in() as server:
        asked = {"unread": "true"} if unread else {}
        found = list(islice(server.pages("/me/notices", limit=min(limit, 200), **asked), limit))
    if not as_json:
        found = [{**each, "at": shown(each["at"]), "read_at": shown(each["read_at"])} for each in found]
    screen.rows(COLUMNS, found, as_json=as_json)


@app.verb("read")
def read(notice: Annotated[str, Argument(metavar="ID")]) -> None:
    """Note that one has read a notice."""
    with signed_in() as server:
        server.post(f"/me/notices/{quote(notice, safe='')}/read")
        left = server.get("/me/notices/unread")["unread"]
    screen.note("notice.left", unread=left)
