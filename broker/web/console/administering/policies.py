"""The desk of the policy: what decides now, what it says of a role and an act, proposals and what they would change."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from broker.domain.errors import Forbidden, Invalid
from broker.domain.ids import PolicyId
from broker.domain.people.accounts import Role
from broker.web.api.deciding.policies import (
    LONGEST_TEXT,
    ActivateIn,
    PolicyIn,
    PreviewOut,
    WayOut,
    in_force,
    shown,
)
from broker.web.api.requests.request_forms import ReasonIn
from broker.web.console.administering.documents import text_of
from broker.web.console.administering.seat import Seat, SeatDep
from broker.web.console.forms import Refusal, checked, refusal_of
from broker.web.console.routes import OncePageRoute, UploadDep, UploadPageRoute
from broker.web.paging import ById
from policies.reading import shipped
from policies.vocabulary import ACTS

POLICIES = "/policies"
SHIPPED = "shipped"
EVERY_ACT = [f"{thing}:{act}" for thing in sorted(ACTS) for act in sorted(ACTS[thing])]

router = APIRouter(prefix=POLICIES, route_class=OncePageRoute)
proposing = APIRouter(prefix=POLICIES, route_class=UploadPageRoute)


@router.get("")
def list_policies(seat: SeatDep, window: ById) -> Response:
    """现行策略和全部策略版本，新的在前。The policy in force, and all there were, newest first."""
    after = None if window.after is None else PolicyId(window.after)
    found = seat.broker.policies.page(seat.caller, after=after, limit=window.wanted)
    page = window.page(found, lambda it: it.id, lambda rows: shown(rows, seat.reading))
    return seat.show(
        "policies", page=page, current=in_force(seat.broker.policies.in_force(seat.caller), seat.reading),
        may=seat.broker.policies.moves(seat.caller), first=window.after is None,
    )  # fmt: skip


@router.get("/in-force")
def show_in_force(seat: SeatDep) -> Response:
    """现行策略全文。The rows that decide now."""
    current = in_force(seat.broker.policies.in_force(seat.caller), seat.reading)
    return seat.show("policy_in_force", current=current, may=seat.broker.policies.moves(seat.caller))


@router.get("/explain")
def explain_policy(
    seat: SeatDep, role: Annotated[str, Query(max_length=80)] = "", act: Annotated[str, Query(max_length=80)] = ""
) -> Response:
    """说明某角色做某操作须满足什么。Say which rows speak of a role and an act, and which facts they need."""
    ways, refusal = None, None
    if role and act:
        try:
            ways = [WayOut.of(way) for way in seat.broker.policies.explain(seat.caller, role, act)]
        except Invalid as error:
            refusal = refusal_of(error, seat.screen.language)
    else:
        seat.broker.policies.moves(seat.caller)  # who may not read the policy is refused here too
    return seat.show(
        "policy_explained", refusal=refusal, ways=ways, role=role, act=act, roles_told=seat.named("role.", Role),
        acts=EVERY_ACT,
    )  # fmt: skip


@router.get("/new")
def show_new(seat: SeatDep, begin: Annotated[str, Query(alias="from", max_length=40)] = "") -> Response:
    """提出策略版本的页面，从现行或以前的版本开始。The page to propose a policy on, beginning with an earlier one."""
    return _new_page(seat, _beginning(seat, begin))


def _beginning(seat: Seat, begin: str) -> str:
    """Return the text to begin with: that in force, the shipped one, or an earlier version, to go back to."""
    if begin == SHIPPED:
        return shipped("baseline.csv")
    try:
        return seat.broker.policies.read(seat.caller, PolicyId(UUID(begin))).text
    except ValueError:
        return seat.broker.policies.in_force(seat.caller).text


def _new_page(seat: Seat, text: str, refused: str = "", refusal: Refusal | None = None) -> Response:
    if "propose" not in seat.broker.policies.moves(seat.caller):
        raise Forbidden("not-allowed", missing=("role",), act="policy:propose")
    return seat.show("policy_new", refused=refused, refusal=refusal, text=text, most=LONGEST_TEXT)


@proposing.post("/new")
def propose_policy(seat: SeatDep, upload: UploadDep) -> Response:
    """提出策略版本；有错时列出全部错处。Propose a policy; its faults are told all at once."""
    typed = next(iter(seat.form.all("text")), "")
    kept: list[PolicyId] = []

    def act() -> None:
        text = text_of(seat.form, upload, "text")
        body = checked(PolicyIn, {"text": text, "comment": seat.form.one("comment")})
        kept.append(seat.broker.policies.propose(seat.caller, body.text, body.comment).id)

    answer = seat.carry_out(
        act, to=POLICIES, said="policy-proposed", again=lambda why: _new_page(seat, typed, "new", why)
    )
    return seat.screen.go(f"{POLICIES}/{kept[0]}", "policy-proposed") if kept else answer


@router.get("/{key}")
def show_policy(key: UUID, seat: SeatDep) -> Response:
    """一个策略版本：预览其影响，启用或作废。One policy: what it would change, activating and discarding it."""
    return _page(seat, key)


def _page(seat: Seat, key: UUID, refused: str = "", refusal: Refusal | None = None) -> Response:
    found = seat.broker.policies.read(seat.caller, PolicyId(key))
    may, preview = seat.broker.policies.moves(seat.caller, found.id), None
    if "preview" in may:
        try:
            preview = PreviewOut.of(seat.broker.policies.preview(seat.caller, found.id), seat.reading)
        except Invalid as error:  # the program asks more of a policy today than when this one was kept
            refusal = refusal or refusal_of(error, seat.screen.language)
    return seat.show(
        "policy", refused=refused, refusal=refusal, it=shown([found], seat.reading)[0], text=found.text, may=may,
        preview=preview, propose="propose" in seat.broker.policies.moves(seat.caller),
    )  # fmt: skip


@router.post("/{key}/activate")
def activate_policy(key: UUID, seat: SeatDep) -> Response:
    """启用他人提出的策略版本。Put a policy in force that somebody else proposed, everywhere at once."""

    def act() -> None:
        body = checked(ActivateIn, {"replaces": seat.form.one("replaces") or None})
        seat.broker.policies.activate(seat.stepped_up(), PolicyId(key), body.replaces)

    return seat.carry_out(
        act, to=f"{POLICIES}/{key}", said="policy-activated", again=lambda why: _page(seat, key, "activate", why)
    )


@router.post("/{key}/discard")
def discard_policy(key: UUID, seat: SeatDep) -> Response:
    """作废一个未启用的策略版本。Lay a proposal aside for good."""

    def act() -> None:
        body = checked(ReasonIn, {"reason": seat.form.one("reason")})
        seat.broker.policies.discard(seat.caller, PolicyId(key), body.reason)

    return seat.carry_out(
        act, to=f"{POLICIES}/{key}", said="policy-discarded", again=lambda why: _page(seat, key, "discard", why)
    )
