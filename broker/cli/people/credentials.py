"""`xueliang user session` and `token`: what somebody is signed in with, and ending a single one."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from typer import Argument

from broker.cli import screen
from broker.cli.grammar import Json, Noun
from broker.cli.machine import Data, at_the_machine
from broker.cli.paging import every
from storage.db.people.sessions import Token

SESSION_COLUMNS = ("session", "opened_at", "seen_at", "address", "browser")
TOKEN_COLUMNS = ("id", "name", "scopes", "expires_at", "revoked")

Login = Annotated[str, Argument(metavar="LOGIN")]

app = Noun()
sessions = Noun()
tokens = Noun()
app.add_typer(sessions, name="session")
app.add_typer(tokens, name="token")


@sessions.verb("list")
def list_sessions(login: Login, data: Data = None, *, as_json: Json = False) -> None:
    """Show where somebody is signed in."""
    with at_the_machine(data) as (broker, me):
        found = broker.credentials.sessions(me, broker.accounts.as_person(me, login).person.id)
    rows = (
        {
            "session": it.name, "opened_at": it.session.opened_at.isoformat(),
            "seen_at": it.session.seen_at.isoformat(), "address": it.session.address, "browser": it.session.browser,
        }
        for it in found
    )  # fmt: skip
    screen.rows(SESSION_COLUMNS, rows, as_json=as_json)


@sessions.verb("end")
def end_session(login: Login, session: Annotated[str, Argument(metavar="SESSION")], data: Data = None) -> None:
    """End one session of somebody."""
    with at_the_machine(data) as (broker, me):
        broker.credentials.end_session(me, broker.accounts.as_person(me, login).person.id, session)
    screen.note("session.ended", login=login)


@tokens.verb("list")
def list_tokens(login: Login, data: Data = None, *, as_json: Json = False) -> None:
    """Show the API tokens of somebody, without their secrets."""
    with at_the_machine(data) as (broker, me):
        key = broker.accounts.as_person(me, login).person.id

        def page(after: UUID | None, limit: int) -> Sequence[Token]:
            return broker.credentials.tokens(me, key, after=after, limit=limit)

        rows = (
            {
                "id": str(it.id), "name": it.name, "scopes": list(it.scopes), "expires_at": it.expires_at.isoformat(),
                "revoked": it.revoked,
            }
            for it in every(page, lambda token: token.id, None)
        )  # fmt: skip
        screen.rows(TOKEN_COLUMNS, rows, as_json=as_json)


@tokens.verb("revoke")
def revoke_token(login: Login, token: Annotated[UUID, Argument(metavar="ID")], data: Data = None) -> None:
    """Revoke one API token of somebody."""
    with at_the_machine(data) as (broker, me):
        broker.credentials.revoke_token(me, broker.accounts.as_person(me, login).person.id, token)
    screen.note("token.revoked", login=login)
