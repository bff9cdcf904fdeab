"""`xueliang user invite` and `identity`: how somebody comes in first, and with which identities of another house."""

from typing import Annotated
from uuid import UUID

from typer import Argument, Option

from broker.cli import screen
from broker.cli.grammar import Json, Noun
from broker.cli.instants import shown
from broker.cli.machine import Data, at_the_machine
from broker.services.people.invites import Issued

COLUMNS = ("id", "issuer", "subject", "linked_at")

Login = Annotated[str, Argument(metavar="LOGIN")]

app = Noun()
identities = Noun()
app.add_typer(identities, name="identity")


@app.verb("invite")
def invite(
    login: Login,
    *,
    mail: Annotated[bool, Option("--mail")] = False,
    revoke: Annotated[bool, Option("--revoke")] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Issue the link with which somebody chooses a first password, or take it back."""
    with at_the_machine(data) as (broker, me):
        key = broker.accounts.as_person(me, login).person.id
        if revoke:
            broker.invites.revoke(me, key)
            screen.note("invite.revoked", login=login)
            return
        issued = broker.invites.issue(me, key, mail=mail)
    screen.fields({"login": login, **told_of(issued, as_json=as_json)}, as_json=as_json)


@identities.verb("list")
def list_identities(login: Login, data: Data = None, *, as_json: Json = False) -> None:
    """Show which identities of another house somebody may sign in with."""
    with at_the_machine(data) as (broker, me):
        found = broker.identities.of(me, broker.accounts.as_person(me, login).person.id)
    rows = (
        {"id": str(it.id), "issuer": it.issuer, "subject": it.subject, "linked_at": it.linked_at.isoformat()}
        for it in found
    )
    screen.rows(COLUMNS, rows, as_json=as_json)


@identities.verb("link")
def link(login: Login, subject: Annotated[str, Argument(metavar="SUBJECT")], data: Data = None) -> None:
    """Let somebody sign in with an identity of the house in the settings."""
    with at_the_machine(data) as (broker, me):
        broker.identities.link(me, broker.accounts.as_person(me, login).person.id, subject)
    screen.note("identity.linked", login=login)


@identities.verb("unlink")
def unlink(login: Login, identity: Annotated[UUID, Argument(metavar="ID")], data: Data = None) -> None:
    """Take such an identity away; that person is signed out."""
    with at_the_machine(data) as (broker, me):
        broker.identities.unlink(me, broker.accounts.as_person(me, login).person.id, identity)
    screen.note("identity.unlinked", login=login)


def told_of(issued: Issued, *, as_json: bool) -> dict[str, object]:
    """Return what is shown of a fresh invite, this once."""
    until = issued.until.isoformat()
    return {"link": issued.link, "valid_until": until if as_json else shown(until), "mailed": issued.mailed}
