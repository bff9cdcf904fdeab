"""`xueliang login`: exchange login and password for a token that the commands of a person use."""

from socket import gethostname
from typing import Annotated

from typer import Argument, Option

from broker.cli import screen
from broker.cli.client.credentials import Stored, server_url, store
from broker.cli.client.server import Server, on_this_machine
from broker.cli.client.sessions import sign_in
from broker.cli.grammar import Json, Noun
from broker.cli.instants import shown
from broker.cli.passwords import known_password

DAYS = 30
LONGEST_NAME = 60

app = Noun()


@app.verb("login")
def login(
    name: Annotated[str, Argument(metavar="LOGIN")],
    *,
    url: Annotated[str | None, Option("--url")] = None,
    days: Annotated[int, Option("--days", min=1, max=90)] = DAYS,
    scope: Annotated[list[str] | None, Option("--scope")] = None,
    stdin: Annotated[bool, Option("--password-stdin")] = False,
    as_json: Json = False,
) -> None:
    """Sign in, and keep the token where only this person can read it."""
    place = server_url(url)
    if place.startswith("http:") and not on_this_machine(place):
        screen.note("login.plain", url=place)
    password = known_password(stdin=stdin)
    asked = {"name": f"xueliang @ {gethostname()}"[:LONGEST_NAME], "scopes": scope or ["*"], "valid_days": days}
    with Server(place, sign_in(place, name, password.get())) as server:
        issued = server.post("/me/tokens", asked)
        server.delete("/sessions")
    file = store(Stored(place.rstrip("/"), name, issued["id"], issued["secret"], issued["expires_at"]))
    told = {"login": name, "url": place, "expires_at": issued["expires_at"], "file": str(file)}
    screen.fields(told if as_json else {**told, "expires_at": shown(issued["expires_at"])}, as_json=as_json)
