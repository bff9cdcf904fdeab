"""The desk of owning departments: their part of a request, its evidence, and the buttons beside it."""

from collections.abc import Callable
from uuid import UUID

from fastapi import APIRouter, Response

from broker.domain.errors import Unknown
from broker.domain.ids import ItemId
from broker.web.api.requests.request_forms import AuthorizationIn, ReasonIn, RefusalIn, ReturnIn
from broker.web.api.requests.request_views import ItemOut
from broker.web.console.deciding.evidence import Case, case_of
from broker.web.console.deciding.narrowing import decided_lines, decided_terms, reason_of
from broker.web.console.deciding.page import OWNER, VETOING, Desk, elsewhere, show
from broker.web.console.forms import Refusal, checked
from broker.web.console.inbox import INBOX
from broker.web.console.requester import REQUESTS, request_page
from broker.web.console.routes import OncePageRoute
from broker.web.console.visit import Visit, VisitDep

router = APIRouter(prefix=f"{REQUESTS}/{{key}}/items/{{item}}", route_class=OncePageRoute)


@router.get("")
def show_item(key: UUID, item: UUID, visit: VisitDep) -> Response:
    """授权页：左为依据，右为决定。The page to decide on one's part: evidence beside the verdicts."""
    return _page(visit, (key, item))


def _part(case: Case, item: UUID) -> ItemOut:
    found = next((each for each in case.request.items if each.id == item), None)
    if found is None:
        raise Unknown("unknown-request-item", item=item)
    return found


def _page(visit: Visit, keys: tuple[UUID, UUID], refused: str = "", refusal: Refusal | None = None) -> Response:
    key, item = keys
    case = case_of(visit, key)
    part = _part(case, item)
    may = case.may_with(item)
    if not may:
        return request_page(visit, key, refused=refused, refusal=refusal) if refusal else elsewhere(visit.screen, key)
    stage = VETOING if "veto" in may else OWNER
    lines = [line for line in part.lines if line.approved]
    terms = case.request.approved_terms or case.request.terms
    return show(visit, Desk(case, stage, may, lines, terms, f"{REQUESTS}/{key}/items/{item}"), refused, refusal)


def _decided(visit: Visit, keys: tuple[UUID, UUID], name: str, *, said: str, act: Callable[[], object]) -> Response:
    """Carry a verdict out and go back to the inbox, or show the page again with why not."""
    return visit.carry_out(
        act, to=INBOX, said=said,
        again=lambda refusal: _page(visit, keys, name, refusal),
    )  # fmt: skip


@router.post("/authorize")
def authorize(key: UUID, item: UUID, visit: VisitDep) -> Response:
    """授权全部或部分点位。Authorize all or some points, whole or shorter."""

    def act() -> None:
        case = case_of(visit, key)
        lines = [line for line in _part(case, item).lines if line.approved]
        body = checked(AuthorizationIn, {
            "revision": visit.form.one("revision"), "lines": decided_lines(visit.form, lines, visit.screen.instants),
            "terms": decided_terms(visit.form, case.request.approved_terms or case.request.terms),
        })  # fmt: skip
        visit.broker.request_items.authorize(visit.stepped_up(), ItemId(item), body.verdict())

    return _decided(visit, (key, item), "authorize", said="authorized", act=act)


@router.post("/refuse")
def refuse(key: UUID, item: UUID, visit: VisitDep) -> Response:
    """拒绝本部门的全部点位。Refuse one's whole part."""

    def act() -> None:
        reason = reason_of(visit.form, "refuse", visit.screen.language)
        body = checked(RefusalIn, {"revision": visit.form.one("revision"), "reason": reason})
        who = visit.stepped_up()
        visit.broker.request_items.refuse(who, ItemId(item), body.revision, body.reason)

    return _decided(visit, (key, item), "refuse", said="refused", act=act)


@router.post("/return")
def send_back(key: UUID, item: UUID, visit: VisitDep) -> Response:
    """将整份申请退回补充。Return the whole request for supplement."""

    def act() -> None:
        comment = reason_of(visit.form, "return", visit.screen.language)
        body = checked(ReturnIn, {"revision": visit.form.one("revision"), "comment": comment})
        who = visit.stepped_up()
        visit.broker.request_items.send_back(who, ItemId(item), body.revision, body.comment, body.remarks)

    return _decided(visit, (key, item), "return", said="returned", act=act)


@router.post("/veto")
def veto(key: UUID, item: UUID, visit: VisitDep) -> Response:
    """否决应急调阅中本部门的点位。End one's part of an emergency, ratified or not."""

    def act() -> None:
        body = checked(ReasonIn, {"reason": reason_of(visit.form, "veto", visit.screen.language)})
        visit.broker.emergencies.veto(visit.stepped_up(), ItemId(item), body.reason)

    return _decided(visit, (key, item), "veto", said="vetoed", act=act)
