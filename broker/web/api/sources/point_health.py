"""How points are and were: single ones, sums over departments and divisions, and what is aimed at."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import ConfigDict, Field

from broker.domain.ids import CameraId
from broker.domain.sources.health_targets import WHOLE, Target
from broker.domain.sources.point_health import Availability, PointDay, PointState, Trouble
from broker.domain.sources.source_health import HealthState
from broker.services.sources.point_health import Answer, By, PointNow, Question
from broker.web.deps import BrokerDep, CallerDep, Reading, ReadingDep
from broker.web.paging import ById, ByNumber, Page
from broker.web.refs import CameraRef, DepartmentRef
from broker.web.routes import OnceRoute
from broker.web.values import Code, In, Out
from storage.db.sources.point_health import OpenTrouble

router = APIRouter(tags=["points"], route_class=OnceRoute)

USUAL_DAYS = 30

First = Annotated[date | None, Query(alias="from", description="First day; default 30 days. 起始日，默认近 30 天。")]
Last = Annotated[date | None, Query(alias="to", description="Last day, included; default today. 截止日（含）。")]
Unit = Annotated[Code | None, Query(description="A department with all below it. 部门编码（含下级）。")]
Area = Annotated[str | None, Query(max_length=12, description="Only this division. 行政区划代码。")]
Split = Annotated[By | None, Query(description="Split up by what. 分项方式。")]
State = Annotated[PointState | None, Query(description="Only this trouble. 只看此类故障。")]


async def days_of(broker: BrokerDep, first: First = None, last: Last = None) -> tuple[date, date]:
    """Return the days that are asked for, [begin, end), as the city counts them."""
    day = min(last or broker.clock.now().astimezone(broker.zone).date(), date.max - timedelta(days=1))
    begin = first or date.fromordinal(max(1, day.toordinal() - USUAL_DAYS + 1))
    return begin, day + timedelta(days=1)


Days = Annotated[tuple[date, date], Depends(days_of)]


class TroubleOut(Out):
    """One trouble of a point: first and last seen, and first seen without it (null: it lasts)."""

    state: PointState
    since: datetime
    seen_at: datetime
    until: datetime | None
    detail: str

    @classmethod
    def of(cls, it: Trouble) -> Self:
        return cls(state=it.state, since=it.since, seen_at=it.seen_at, until=it.until, detail=it.detail)


class OpenTroubleOut(TroubleOut):
    """A trouble that lasts, with its point and whose it is."""

    camera: CameraRef
    department: DepartmentRef

    @classmethod
    def page(cls, found: Sequence[OpenTrouble], reading: Reading) -> list[Self]:
        known = reading.known(departments={it.owner_id for it in found})
        return [
            cls(
                **TroubleOut.of(it.trouble).__dict__,
                camera=CameraRef(id=it.trouble.camera_id, name=it.name, gb_code=it.gb_code),
                department=DepartmentRef.named(it.owner_id, known),
            )
            for it in found
        ]


class PointNowOut(Out):
    """How a point is; `state` null: nobody can tell. `source` is the state of its source."""

    state: PointState | None
    trouble: TroubleOut | None
    source: HealthState | None
    looked_at: datetime | None
    picture_at: datetime | None
    recorded_to: date | None

    @classmethod
    def of(cls, it: PointNow) -> Self:
        return cls(
            state=it.state, trouble=TroubleOut.of(it.trouble) if it.trouble else None, source=it.source,
            looked_at=it.looked_at, picture_at=it.picture_at, recorded_to=it.recorded_to,
        )  # fmt: skip


class PointDayOut(Out):
    """One day of a point, in seconds; `recorded` null: nobody has asked yet."""

    day: date
    watched: int
    online: int
    intact: int
    recorded: int | None

    @classmethod
    def of(cls, it: PointDay) -> Self:
        return cls(day=it.day, watched=it.watched, online=it.online, intact=it.intact, recorded=it.recorded)


class PointDaysOut(Out):
    """The days of a point, oldest first; a day on which nobody watched is absent."""

    days: list[PointDayOut]


class AvailabilityOut(Out):
    """Sums in seconds, and their shares (null: nothing to divide by)."""

    point_days: int
    watched: int
    online: int
    intact: int
    asked: int
    recorded: int
    online_share: float | None
    intact_share: float | None
    recorded_share: float | None

    @classmethod
    def of(cls, it: Availability) -> Self:
        return cls(
            point_days=it.point_days, watched=it.watched, online=it.online, intact=it.intact, asked=it.asked,
            recorded=it.recorded, online_share=it.online_share, intact_share=it.intact_share,
            recorded_share=it.recorded_share,
        )  # fmt: skip


class AvailabilitiesOut(Out):
    """The whole and its parts by day, department or county; `more` parts are not told."""

    whole: AvailabilityOut
    parts: dict[str, AvailabilityOut]
    more: int

    @classmethod
    def of(cls, found: Answer) -> Self:
        parts = {name: AvailabilityOut.of(it) for name, it in found.parts.items()}
        return cls(whole=AvailabilityOut.of(found.whole), parts=parts, more=found.more)


class TargetIn(In):
    """What one department with all below it, or one source, is to reach; 0 takes it back."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"department": "dh-cg", "per_mille": 950}]})

    department: Code | None = None
    source: Code | None = None
    per_mille: Annotated[int, Field(ge=0, le=WHOLE)]


class TargetOut(Out):
    """A target, in parts of a thousand of the watched time."""

    id: UUID
    department_id: UUID | None
    source_id: UUID | None
    per_mille: int

    @classmethod
    def of(cls, it: Target) -> Self:
        return cls(id=it.id, department_id=it.department_id, source_id=it.source_id, per_mille=it.per_mille)


@router.get("/cameras/{key}/health")
def read_point_health(key: UUID, caller: CallerDep, broker: BrokerDep) -> PointNowOut:
    """查看点位当前运行状况。Read how a point is now."""
    return PointNowOut.of(broker.point_health.now(caller, CameraId(key)))


@router.get("/cameras/{key}/troubles")
def list_point_troubles(key: UUID, caller: CallerDep, broker: BrokerDep, window: ByNumber) -> Page[TroubleOut]:
    """列出点位的故障记录，新的在前。List the troubles of a point, newest first."""
    found = broker.point_health.page(caller, CameraId(key), before=window.after or None, limit=window.wanted)
    return window.page(found, lambda it: it.number, lambda rows: [TroubleOut.of(it) for it in rows])


@router.get("/cameras/{key}/days")
def list_point_days(key: UUID, caller: CallerDep, broker: BrokerDep, days: Days) -> PointDaysOut:
    """按日查看点位的在线与录像时长。Read the days of a point: online, intact, recorded."""
    found = broker.point_health.days(caller, CameraId(key), *days)
    return PointDaysOut(days=[PointDayOut.of(it) for it in found])


@router.get("/points/troubles")
def list_troubles(
    caller: CallerDep, broker: BrokerDep, reading: ReadingDep, window: ByNumber, state: State = None
) -> Page[OpenTroubleOut]:
    """列出职权范围内正在发生的点位故障，新的在前。List the troubles that last, newest first."""
    found = broker.point_health.troubles(caller, state=state, before=window.after or None, limit=window.wanted)
    return window.page(found, lambda it: it.trouble.number, lambda rows: OpenTroubleOut.page(rows, reading))


@router.get("/points/availability")
def read_availability(
    caller: CallerDep, broker: BrokerDep, days: Days, department: Unit = None, division: Area = None, by: Split = None
) -> AvailabilitiesOut:
    """查看一段时间的在线、完好与录像情况。Read how available points were, over days."""
    return AvailabilitiesOut.of(broker.point_health.availability(caller, Question(*days, department, division, by)))


@router.get("/points/targets")
def list_targets(caller: CallerDep, broker: BrokerDep, window: ById) -> Page[TargetOut]:
    """列出在线率目标。List what is aimed at."""
    found = broker.point_health.targets(caller, after=window.after, limit=window.wanted)
    return window.page(found, lambda it: it.id, lambda rows: [TargetOut.of(it) for it in rows])


@router.put("/points/targets")
def set_target(body: TargetIn, caller: CallerDep, broker: BrokerDep) -> TargetOut:
    """设定部门或接入源的在线率目标。Say what a department or a source is to reach."""
    found = broker.point_health.aim(caller, body.per_mille, department=body.department, source=body.source)
    return TargetOut.of(found)
