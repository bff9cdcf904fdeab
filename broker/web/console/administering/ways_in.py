"""How people come in: invites, passwords handed out, lost second factors, identities of another house."""

from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from uuid import UUID

import segno
from fastapi import APIRouter, Response

from broker.domain.ids import PersonId
from broker.services.people.invites import Issued
from broker.web.api.people.oidc import IdentityIn
from broker.web.console.administering.people import PEOPLE, on_person
from broker.web.console.administering.seat import Seat, SeatDep
from broker.web.console.forms import checked
from broker.web.console.routes import OncePageRoute, PageRoute
from broker.web.paging import ById
from broker.web.refs import PersonRef
from broker.web.values import Out

if TYPE_CHECKING:
    from broker.services.people.accounts import OneTimePassword

INVITES = f"{PEOPLE}/invites"

router = APIRouter(prefix=PEOPLE, route_class=OncePageRoute)
showing = APIRouter(prefix=PEOPLE, route_class=PageRoute)
"""Links and passwords are shown once: they keep out of the memory of answers."""


class InviteRow(Out):
    """An invite that stands, and whom it is for."""

    id: UUID
    person: PersonRef
    issued_at: datetime
    until: datetime


@router.get("/invites")
def list_invites(seat: SeatDep, window: ById) -> Response:
    """列出未使用的邀请，新的在前。List the invites that were not taken up, newest first."""
    return _list(seat, window)


def _list(seat: Seat, window: ById) -> Response:
    found = seat.broker.people.invited(seat.caller, after=window.after, limit=window.wanted)
    known = seat.reading.known(persons={invite.person_id for invite in found})
    page = window.page(
        found, lambda invite: invite.id,
        lambda rows: [
            InviteRow(
                id=row.id, person=PersonRef.named(row.person_id, known), issued_at=row.issued_at, until=row.until
            )
            for row in rows
        ],
    )  # fmt: skip
    return seat.show("invites", page=page, first=window.after is None)


@showing.post("/{key}/invite")
def invite_person(key: UUID, seat: SeatDep) -> Response:
    """签发邀请链接，只显示一次。Issue an invite; its link is shown once."""
    issued: list[Issued] = []

    def act() -> None:
        mail = bool(seat.form.one("mail"))
        issued.append(seat.broker.invites.issue(seat.stepped_up(), PersonId(key), mail=mail))

    answer = on_person(seat, key, act, "invite", said="")
    return _link(seat, key, issued[0]) if issued else answer


def _link(seat: Seat, key: UUID, issued: Issued) -> Response:
    """Show a link, whole: where no public address is set, the one that this browser came to stands before it."""
    link = issued.link if urlsplit(issued.link).netloc else f"{seat.request.base_url}".rstrip("/") + issued.link
    qr = segno.make(link, error="m").svg_inline(svgclass="qr", lineclass=None, omitsize=True)
    found = seat.broker.people.read(seat.caller, PersonId(key)).account.person
    return seat.show("invite_issued", link=link, qr=qr, issued=issued, person=found)


@router.post("/{key}/invite/revoke")
def revoke_invite(key: UUID, seat: SeatDep) -> Response:
    """收回邀请。Take an invite back."""

    def act() -> None:
        seat.broker.invites.revoke(seat.stepped_up(), PersonId(key))

    return on_person(seat, key, act, "revoke", said="invite-revoked")


@showing.post("/{key}/reset-password")
def reset_password(key: UUID, seat: SeatDep) -> Response:
    """重置密码：一次性密码只显示一次。Hand out a password for one sign-in; it is shown once."""
    handed: list[OneTimePassword] = []

    def act() -> None:
        handed.append(seat.broker.accounts.reset_password(seat.stepped_up(), PersonId(key)))

    answer = on_person(seat, key, act, "reset-password", said="")
    if not handed:
        return answer
    found = seat.broker.people.read(seat.caller, PersonId(key)).account.person
    return seat.show("password_issued", handed=handed[0], person=found)


@router.post("/{key}/reset-second-factor")
def reset_second_factor(key: UUID, seat: SeatDep) -> Response:
    """重置他人丢失的二次验证，其会话随即退出。Take a lost second factor away; that person is signed out."""

    def act() -> None:
        seat.broker.second_factor.reset(seat.stepped_up(), PersonId(key))

    return on_person(seat, key, act, "reset-second-factor", said="factor-reset")


@router.post("/{key}/identities")
def link_identity(key: UUID, seat: SeatDep) -> Response:
    """为人员关联统一身份。Link an identity of another house to a person."""

    def act() -> None:
        body = checked(IdentityIn, {"subject": seat.form.one("subject")})
        seat.broker.identities.link(seat.stepped_up(), PersonId(key), body.subject)

    return on_person(seat, key, act, "identities", said="identity-linked")


@router.post("/{key}/identities/{identity}/unlink")
def unlink_identity(key: UUID, identity: UUID, seat: SeatDep) -> Response:
    """解除人员的统一身份，其会话随即退出。Take an identity away; that person is signed out."""

    def act() -> None:
        seat.broker.identities.unlink(seat.stepped_up(), PersonId(key), identity)

    return on_person(seat, key, act, "unlink", said="identity-unlinked")
