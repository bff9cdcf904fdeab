"""Emergency access: opened at once, ratified or disavowed afterwards, vetoed by an owner."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from broker.domain.footage.grants import Action
from broker.domain.ids import ItemId, RequestId
from broker.services.deciding.emergencies import EmergencyForm
from broker.services.requests.form_references import MOST_LINES
from broker.web.api.footage.grants import GrantOut, shown
from broker.web.api.requests.request_forms import LineIn, PlaceIn, PurposeIn, ReasonIn
from broker.web.api.requests.request_views import RequestOut, whole
from broker.web.deps import BrokerDep, CallerDep, ReadingDep
from broker.web.routes import OnceRoute
from broker.web.values import In, Out, Remark

router = APIRouter(tags=["emergencies"], route_class=OnceRoute)


class EmergencyIn(In):
    """What somebody fills in who cannot wait; `minutes` null takes the usual time."""

    purpose: PurposeIn
    lines: Annotated[list[LineIn], Field(min_length=1, max_length=MOST_LINES)]
    minutes: int | None = Field(default=None, ge=1, le=24 * 60)
    actions: Annotated[frozenset[Action], Field(min_length=1)] = frozenset(Action)
    place: PlaceIn | None = None

    def form(self) -> EmergencyForm:
        return EmergencyForm(
            purpose=self.purpose.purpose(),
            lines=tuple(line.line() for line in self.lines),
            lasts=None if self.minutes is None else timedelta(minutes=self.minutes),
            actions=self.actions,
            place=self.place.place() if self.place else None,
        )


class RatificationIn(In):
    """Words to go with a ratification."""

    comment: Remark = ""


class EmergencyOut(Out):
    """The request that was opened, and the grants that hold at once."""

    request: RequestOut
    grants: list[GrantOut]


@router.post("/emergencies", status_code=201)
def open_emergency(body: EmergencyIn, caller: CallerDep, broker: BrokerDep, reading: ReadingDep) -> EmergencyOut:
    """应急调阅：双因素验证后立即生效，24 小时内补批。Open at once with a fresh second factor; to be ratified."""
    request, grants = broker.emergencies.open(caller, body.form())
    return EmergencyOut(request=whole(request, reading), grants=shown(grants, reading))


@router.post("/access-requests/{key}/ratify")
def ratify_emergency(
    key: UUID, body: RatificationIn, caller: CallerDep, broker: BrokerDep, reading: ReadingDep
) -> RequestOut:
    """补批应急调阅。Stand up for an emergency afterwards."""
    return whole(broker.emergencies.ratify(caller, RequestId(key), body.comment), reading)


@router.post("/access-requests/{key}/disavow")
def disavow_emergency(
    key: UUID, body: ReasonIn, caller: CallerDep, broker: BrokerDep, reading: ReadingDep
) -> RequestOut:
    """不予补批：撤销授权，冻结副本，停用应急权限。Refuse it: all ends, copies are held, the right is suspended."""
    return whole(broker.emergencies.disavow(caller, RequestId(key), body.reason), reading)


@router.post("/request-items/{key}/veto")
def veto_emergency(key: UUID, body: ReasonIn, caller: CallerDep, broker: BrokerDep, reading: ReadingDep) -> RequestOut:
    """否决应急调阅中本部门的点位。End the part of your department."""
    return whole(broker.emergencies.veto(caller, ItemId(key), body.reason), reading)
