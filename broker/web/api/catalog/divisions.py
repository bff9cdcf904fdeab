"""Administrative divisions: look them up, and bring lists of towns and villages in."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Form, Query, UploadFile
from pydantic import Field

from broker.domain.catalog.divisions import Division, Level
from broker.locale import say
from broker.services.catalog.division_lists import ListFault
from broker.services.catalog.divisions import DivisionReport, Placed
from broker.web.deps import BrokerDep, CallerDep, Language
from broker.web.paging import ByText, Page
from broker.web.routes import OnceRoute
from broker.web.values import In, Out

router = APIRouter(prefix="/divisions", tags=["divisions"], route_class=OnceRoute)

MOST_FAULTS = 1000

Digits = Annotated[str | None, Query(max_length=12, description="Only what lies in this division. 上级区划代码。")]
OfLevel = Annotated[Level | None, Query(description="Only divisions of this level. 层级。")]
Words = Annotated[str | None, Query(max_length=50, description="Text in the name. 名称中的文字。")]


class DivisionOut(Out):
    """A division; `successor` is the one that took its place, null while it is in force."""

    code: str
    name: str
    level: Level
    parent: str | None
    successor: str | None
    source: str

    @classmethod
    def of(cls, division: Division) -> Self:
        return cls(**vars(division))

    @classmethod
    def each(cls, divisions: Sequence[Division]) -> list[Self]:
        return [cls.of(division) for division in divisions]


class NamedThenOut(Out):
    """Name and successor as they stood."""

    name: str
    successor: str | None


class DivisionChangeOut(Out):
    """What was changed about a division, when and by whom."""

    at: datetime
    actor: str
    before: NamedThenOut
    after: NamedThenOut


class PlacedOut(DivisionOut):
    """A division with all it lies in, the province first, and its changes, the newest first."""

    lineage: list[DivisionOut]
    changes: list[DivisionChangeOut]

    @classmethod
    def placed(cls, found: Placed) -> Self:
        changes = [
            DivisionChangeOut(
                at=it.at, actor=it.actor, before=NamedThenOut(**it.before), after=NamedThenOut(**it.after)
            )
            for it in found.changes
        ]
        return cls(**vars(found.division), lineage=DivisionOut.each(found.lineage), changes=changes)


class DivisionsIn(In):
    """A list of divisions as a CSV file with the columns code, name and, if wanted, successor."""

    file: Annotated[UploadFile, Field(description="CSV: code,name[,successor]. 区划清单（代码、名称、后继代码）。")]
    dry_run: bool = Field(default=False, description="Check only, write nothing. 只检查，不写入。")


class ListFaultOut(Out):
    """Why a row stays outside."""

    line: int
    field: str
    reason: str
    detail: str
    value: str

    @classmethod
    def of(cls, fault: ListFault, language: str) -> Self:
        return cls(**fault._asdict(), detail=say(fault.reason, language, value=fault.value))


class DivisionReportOut(Out):
    """The balance: read = added + changed + unchanged + rejected; the first faults, and how many more."""

    dry_run: bool
    read: int
    added: int
    changed: int
    unchanged: int
    rejected: int
    faults: list[ListFaultOut]
    more_faults: int

    @classmethod
    def of(cls, report: DivisionReport, language: str, *, dry_run: bool) -> Self:
        told = report.faults[:MOST_FAULTS]
        return cls(
            dry_run=dry_run, read=report.read, added=report.added, changed=report.changed,
            unchanged=report.unchanged, rejected=report.rejected,
            faults=[ListFaultOut.of(fault, language) for fault in told], more_faults=report.rejected - len(told),
        )  # fmt: skip


@router.get("")
def list_divisions(
    caller: CallerDep, broker: BrokerDep, window: ByText, within: Digits = None, level: OfLevel = None,
    text: Words = None,
) -> Page[DivisionOut]:  # fmt: skip
    """按代码次序列出行政区划。List administrative divisions by code."""
    found = broker.divisions.page(
        caller, within=within, level=level, text=text, after=window.after, limit=window.wanted
    )
    return window.page(found, lambda division: division.code, DivisionOut.each)


@router.post("/import")
def import_divisions(
    body: Annotated[DivisionsIn, Form(media_type="multipart/form-data")], caller: CallerDep, broker: BrokerDep,
    language: Language,
) -> DivisionReportOut:  # fmt: skip
    """导入乡镇、村社等区划清单。Bring a list of divisions in; what it does not name stays."""
    name = body.file.filename or "list"
    report = broker.divisions.import_file(caller, body.file.file, name, dry_run=body.dry_run)
    return DivisionReportOut.of(report, language, dry_run=body.dry_run)


@router.get("/{code}")
def read_division(code: str, caller: CallerDep, broker: BrokerDep) -> PlacedOut:
    """查看一个区划及其上级、变更。Show one division, what it lies in, and its changes."""
    return PlacedOut.placed(broker.divisions.read(caller, code))
