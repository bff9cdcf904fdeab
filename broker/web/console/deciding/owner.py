"""The desk of owning departments: their part of a request, its evidence, and the buttons beside it."""

from collections.abc import Callable
from uuid import UUID

from fastapi import APIRouter, Request, Response

from broker.bootstrap import Broker
from broker.domain.errors import Unknown
from broker.domain.ids import ItemId
from broker.domain.people.accounts import Caller
from broker.web.api.requests.request_forms import AuthorizationIn, ReasonIn, RefusalIn, ReturnIn
from broker.web.api.requests.request_views import ItemOut
from broker.web.console.deciding.evidence import Case, case_of
from broker.web.console.deciding.narrowing import decided_lines, decided_terms, reason_of
from broker.web.console.deciding.page import OWNER, VETOING, Desk, Told, elsewhere, show
from broker.web.console.forms import Form, FormDep, checked
from broker.web.console.inbox import INBOX
from broker.web.console.requester import REQUESTS
from broker.web.console.routes import OncePageRoute
from broker.web.console.screen import Screen, ScreenDep
from broker.web.console.stepping_up import stepped_up
from broker.web.deps import BrokerDep, CallerDep, Reading, ReadingDep

router = APIRouter(prefix=f"{REQUESTS}/{{key}}/items/{{item}}", route_class=OncePageRoute)


@router.get("")
def show_item(
    key: UUID, item: UUID, caller: CallerDep, broker: BrokerDep, reading: ReadingDep, screen: ScreenDep
) -> Response:
    """授权页：左为依据，右为决定。The page to decide on one's part: evidence beside the verdicts."""
    return _page(screen, broker, caller, reading, (key, item), Told())


def _part(case: Case, item: UUID) -> ItemOut:
    found = next((each for each in case.request.items if each.id == item), None)
    if found is None:
        raise Unknown("unknown-request-item", item=item)
    return found


def _page(
    screen: Screen, broker: Broker, caller: Caller, reading: Reading, keys: tuple[UUID, UUID], told: Told
) -> Response:
    key, item = keys
    case = case_of(broker, caller, reading, key)
    part = _part(case, item)
    may = case.may_with(item)
    if not may:
        return elsewhere(screen, key)
    stage = VETOING if "veto" in may else OWNER
    lines = [line for line in part.lines if line.approved]
    terms = case.request.approved_terms or case.request.terms
    return show(screen, reading, Desk(case, stage, may, lines, terms, f"{REQUESTS}/{key}/items/{item}"), told)


def _decided(
    screen: Screen, broker: Broker, caller: Caller, reading: Reading, keys: tuple[UUID, UUID], form: Form, name: str, *,
    said: str, act: Callable[[], object],
) -> Response:  # fmt: skip
    """Carry a verdict out and go back to the inbox, or show the page again with why not."""
    return screen.carried_out(
        act, to=INBOX, said=said,
        again=lambda refusal: _page(screen, broker, caller, reading, keys, Told(form, name, refusal)),
    )  # fmt: skip


@router.post("/authorize")
def authorize(
    key: UUID, item: UUID, request: Request, form: FormDep, caller: CallerDep, broker: BrokerDep,
    reading: ReadingDep, screen: ScreenDep,
) -> Response:  # fmt: skip
    """授权全部或部分点位。Authorize all or some points, whole or shorter."""

    def act() -> None:
        case = case_of(broker, caller, reading, key)
        lines = [line for line in _part(case, item).lines if line.approved]
        body = checked(AuthorizationIn, {
            "revision": form.one("revision"), "lines": decided_lines(form, lines, screen.instants),
            "terms": decided_terms(form, case.request.approved_terms or case.request.terms),
        })  # fmt: skip
        broker.request_items.authorize(stepped_up(request, form, caller, broker), ItemId(item), body.verdict())

    return _decided(screen, broker, caller, reading, (key, item), form, "authorize", said="authorized", act=act)


@router.post("/refuse")
def refuse(
    key: UUID, item: UUID, request: Request, form: FormDep, caller: CallerDep, broker: BrokerDep,
    reading: ReadingDep, screen: ScreenDep,
) -> Response:  # fmt: skip
    """拒绝本部门的全部点位。Refuse one's whole part."""

    def act() -> None:
        reason = reason_of(form, "refuse", screen.language)
        body = checked(RefusalIn, {"revision": form.one("revision"), "reason": reason})
        who = stepped_up(request, form, caller, broker)
        broker.request_items.refuse(who, ItemId(item), body.revision, body.reason)

    return _decided(screen, broker, caller, reading, (key, item), form, "refuse", said="refused", act=act)


@router.post("/return")
def send_back(
    key: UUID, item: UUID, request: Request, form: FormDep, caller: CallerDep, broker: BrokerDep,
    reading: ReadingDep, screen: ScreenDep,
) -> Response:  # fmt: skip
    """将整份申请退回补充。Return the whole request for supplement."""

    def act() -> None:
        comment = reason_of(form, "return", screen.language)
        body = checked(ReturnIn, {"revision": form.one("revision"), "comment": comment})
        who = stepped_up(request, form, caller, broker)
        broker.request_items.send_back(who, ItemId(item), body.revision, body.comment, body.remarks)

    return _decided(screen, broker, caller, reading, (key, item), form, "return", said="returned", act=act)


@router.post("/veto")
def veto(
    key: UUID, item: UUID, request: Request, form: FormDep, caller: CallerDep, broker: BrokerDep,
    reading: ReadingDep, screen: ScreenDep,
) -> Response:  # fmt: skip
    """否决应急调阅中本部门的点位。End one's part of an emergency, ratified or not."""

    def act() -> None:
        body = checked(ReasonIn, {"reason": reason_of(form, "veto", screen.language)})
        broker.emergencies.veto(stepped_up(request, form, caller, broker), ItemId(item), body.reason)

    return _decided(screen, broker, caller, reading, (key, item), form, "veto", said="vetoed", act=act)
