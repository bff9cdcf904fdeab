"""Planned maintenance: windows that do not count for availability."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import ConfigDict, StringConstraints

from broker.domain.ids import CameraId
from broker.domain.sources.maintenance import LONGEST_REASON, Maintenance
from broker.services.sources.maintenance import NewMaintenance
from broker.web.deps import BrokerDep, CallerDep
from broker.web.paging import ById, Page
from broker.web.routes import OnceRoute
from broker.web.values import Code, In, Instant, Out

router = APIRouter(prefix="/maintenance", tags=["maintenance"], route_class=OnceRoute)

Past = Annotated[bool, Query(description="Also what is over. 含已结束的。")]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_REASON)]


class MaintenanceIn(In):
    """A window of one source, one department with all below it, or one camera."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "source": "hall",
                    "begins": "2026-12-01T22:00:00+08:00",
                    "ends": "2026-12-02T02:00:00+08:00",
                    "reason": "更换硬盘",
                }
            ]
        },
    )

    source: Code | None = None
    department: Code | None = None
    camera: UUID | None = None
    begins: Instant
    ends: Instant
    reason: Reason

    def new(self) -> NewMaintenance:
        camera = CameraId(self.camera) if self.camera else None
        return NewMaintenance(self.begins, self.ends, self.reason, self.source, self.department, camera)


class MaintenanceOut(Out):
    """A window; one that was called off ends where it begins."""

    id: UUID
    source_id: UUID | None
    department_id: UUID | None
    camera_id: UUID | None
    begins: datetime
    ends: datetime
    reason: str
    declared_at: datetime

    @classmethod
    def of(cls, it: Maintenance) -> Self:
        return cls(
            id=it.id, source_id=it.source_id, department_id=it.department_id, camera_id=it.camera_id,
            begins=it.begins, ends=it.ends, reason=it.reason, declared_at=it.declared_at,
        )  # fmt: skip


@router.get("")
def list_maintenance(caller: CallerDep, broker: BrokerDep, window: ById, *, past: Past = False) -> Page[MaintenanceOut]:
    """列出职权范围内的计划检修。List planned maintenance."""
    found = broker.maintenance.page(caller, past=past, after=window.after, limit=window.wanted)
    return window.page(found, lambda it: it.id, lambda rows: [MaintenanceOut.of(it) for it in rows])


@router.post("", status_code=201)
def declare_maintenance(body: MaintenanceIn, caller: CallerDep, broker: BrokerDep) -> MaintenanceOut:
    """登记计划检修，该时段不计入在线率。Declare maintenance; its time does not count."""
    return MaintenanceOut.of(broker.maintenance.declare(caller, body.new()))


@router.post("/{key}/end")
def end_maintenance(key: UUID, caller: CallerDep, broker: BrokerDep) -> MaintenanceOut:
    """提前结束或取消检修。End maintenance early, or call it off."""
    return MaintenanceOut.of(broker.maintenance.end(caller, key))
