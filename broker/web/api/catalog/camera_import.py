"""The import of a list of cameras: the file goes to disk as it comes, the balance and every doubt come back."""

import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Literal, Self
from uuid import UUID

from fastapi import APIRouter, Form, UploadFile
from pydantic import Field

from broker.domain.catalog.catalog import RowProblem, Severity
from broker.domain.catalog.coordinates import System
from broker.locale import say
from broker.services.catalog.catalog_files.mapping import parse_pairs
from broker.services.catalog.catalog_files.report import ImportReport
from broker.services.catalog.import_intake import Asked
from broker.web.bodies import check_text
from broker.web.deps import BrokerDep, CallerDep, Language
from broker.web.routes import OnceRoute
from broker.web.values import Code, In, Line, Out

router = APIRouter(prefix="/cameras", tags=["cameras"], route_class=OnceRoute)

MOST_PROBLEMS = 1000
MOST_PAIRS = 256
LONGEST_NAME = 60  # characters; a name on disk has 255 bytes, a Chinese character three or four of them

ListFormat = Literal["csv", "xlsx", "json", "geojson", "xml"]

_UNSAFE = re.compile(r"[^\w.()（）\- ]+")


class ReadingIn(In):
    """A list of cameras in a file, and how to read it."""

    file: Annotated[UploadFile, Field(description="CSV, XLSX, JSON, GeoJSON or GB/T 28181 XML. 点位清单文件。")]
    owner: Annotated[Code, Field(description="Code of the owning department. 所属部门编码。")]
    format: ListFormat | None = Field(None, description="Told by the suffix when left out. 省略时按后缀判断。")
    map: list[Line] = Field(
        default_factory=list, max_length=MOST_PAIRS, description="FIELD=COLUMN, repeated. 字段=列名，可重复。"
    )
    profile: Line | None = Field(None, description="Name of a saved way of reading. 已保存的映射方案名称。")
    coordinates: System | None = Field(None, description="WGS-84 when nothing says otherwise. 坐标系，默认 WGS-84。")
    strict: bool = Field(
        default=False,
        description="Quarantine new points without what their class must have. 缺必填项的新点位一律隔离。",
    )

    def asked(self) -> Asked:
        """Return how the list is to be read; raises Invalid for a pair that names nothing."""
        for place, pair in enumerate(self.map):
            check_text(pair, f"/map/{place}")
        return Asked(self.owner, self.format, parse_pairs(self.map), self.profile, self.coordinates, self.strict)


class ImportIn(ReadingIn):
    """A list to bring in, or only to check."""

    dry_run: bool = Field(default=False, description="Check only, write nothing. 只检查，不写入。")


class PreviewIn(ReadingIn):
    """A list to look at."""

    rows: Annotated[int, Field(ge=1, le=200, description="Rows shown. 显示的行数。")] = 20


class ProblemOut(Out):
    """What is wrong with one cell of one row."""

    where: str
    field: str
    severity: Severity
    reason: str
    detail: str
    value: str
    allowed: str

    @classmethod
    def of(cls, problem: RowProblem, language: str) -> Self:
        told = {"where": problem.where, "field": problem.field, "value": problem.value, "allowed": problem.allowed}
        detail = say(problem.reason, language, **told)
        return cls(severity=problem.severity, reason=problem.reason, detail=detail, **told)


class ImportOut(Out):
    """read = inserted + updated + unchanged + quarantined + rejected; the first problems, and how many more."""

    id: UUID | None
    dry_run: bool
    read: int
    inserted: int
    updated: int
    unchanged: int
    quarantined: int
    rejected: int
    warnings: int
    reasons: dict[str, int]
    dropped: dict[str, int]
    problems: list[ProblemOut]
    more_problems: int

    @classmethod
    def of(cls, report: ImportReport, language: str, *, dry_run: bool) -> Self:
        told: Sequence[RowProblem] = report.problems[:MOST_PROBLEMS]
        return cls(
            id=report.key, dry_run=dry_run, read=report.read, inserted=report.inserted, updated=report.updated,
            unchanged=report.unchanged, quarantined=report.quarantined, rejected=report.rejected,
            warnings=report.warnings,
            dropped=dict(report.dropped), problems=[ProblemOut.of(problem, language) for problem in told],
            reasons=dict(report.reasons), more_problems=sum(report.reasons.values()) - len(told),
        )  # fmt: skip


@contextmanager
def on_disk(upload: UploadFile) -> Iterator[Path]:
    """Give the upload as a file under its own name, which the format is told by and the trace shows."""
    with TemporaryDirectory(prefix="xueliang-import-") as folder:
        path = Path(folder) / safe_name(upload.filename)
        with path.open("wb") as target:
            shutil.copyfileobj(upload.file, target)
        yield path


def safe_name(told: str | None) -> str:
    """Return a file name from what a client says: no folders, nothing that does not print, not too long."""
    last = re.split(r"[/\\]", told or "")[-1]
    path = Path(_UNSAFE.sub("_", last).lstrip(". ") or "list")
    return f"{path.stem[:LONGEST_NAME]}{path.suffix[:10]}"


@router.post("/import")
def import_cameras(
    body: Annotated[ImportIn, Form(media_type="multipart/form-data")], caller: CallerDep, broker: BrokerDep,
    language: Language,
) -> ImportOut:  # fmt: skip
    """将点位清单导入一个部门的目录。Bring a list of cameras into the catalogue of one department."""
    asked = body.asked()
    with on_disk(body.file) as path:
        report = broker.imports.import_file(
            caller, path, owner=asked.owner, format=asked.format, mapping=asked.mapping, profile=asked.profile,
            coordinates=asked.coordinates, strict=asked.strict, dry_run=body.dry_run,
        )  # fmt: skip
    return ImportOut.of(report, language, dry_run=body.dry_run)
