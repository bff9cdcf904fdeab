"""`xueliang login`: exchange login and password, and a code, for a token that the commands of a person use."""

from socket import gethostname
from typing import Annotated

from typer import Argument, Option

from broker.cli import screen
from broker.cli.client.credentials import Stored, server_url, store
from broker.cli.client.server import Server, Session, on_this_machine
from broker.cli.client.sessions import Opened, open_session
from broker.cli.codes import Code, known_code
from broker.cli.grammar import Json, Noun
from broker.cli.instants import shown
from broker.cli.passwords import Secret, known_password
from broker.domain.errors import Unauthenticated

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
    code: Code = None,
    as_json: Json = False,
) -> None:
    """Sign in, and keep the token where only this person can read it."""
    place = server_url(url)
    if place.startswith("http:") and not on_this_machine(place):
        screen.note("login.plain", url=place)
    session = _session(place, name, code, stdin=stdin)
    asked = {"name": f"xueliang @ {gethostname()}"[:LONGEST_NAME], "scopes": scope or ["*"], "valid_days": days}
    with Server(place, session) as server:
        issued = server.post("/me/tokens", asked)
        server.delete("/sessions")
    file = store(Stored(place.rstrip("/"), name, issued["id"], issued["secret"], issued["expires_at"]))
    told = {"login": name, "url": place, "expires_at": issued["expires_at"], "file": str(file)}
    screen.fields(told if as_json else {**told, "expires_at": shown(issued["expires_at"])}, as_json=as_json)


def _session(place: str, name: str, code: str | None, *, stdin: bool) -> Session:
    """Sign in; whoever comes with a password that was handed out chooses one first, and signs in with that."""
    password = known_password(stdin=stdin)
    opened = _opened(place, name, password, code)
    if not opened.must_change_password:
        return opened.session
    screen.note("login.choose-password")
    new = known_password(stdin=stdin, twice=True, prompt="prompt.new-password")
    with Server(place, opened.session) as server:
        server.post("/me/password", {"old": password.get(), "new": new.get()})
    return _opened(place, name, new, None).session


def _opened(place: str, name: str, password: Secret, code: str | None) -> Opened:
    try:
        return open_session(place, name, password.get(), code)
    except Unauthenticated as error:
        if error.slug != "second-factor-needed":
            raise
    return open_session(place, name, password.get(), known_code(None))
