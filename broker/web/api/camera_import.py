"""The import of a list of cameras: the file goes to disk as it comes, the balance and every doubt come back."""

import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Literal, Self

from fastapi import APIRouter, Form, UploadFile
from pydantic import Field

from broker.domain.catalog import RowProblem, Severity
from broker.locale import say
from broker.services.catalog_files.mapping import parse_pairs
from broker.services.catalog_files.report import ImportReport
from broker.web.bodies import check_text
from broker.web.deps import BrokerDep, CallerDep, Language
from broker.web.routes import OnceRoute
from broker.web.values import Code, In, Line, Out

router = APIRouter(prefix="/cameras", tags=["cameras"], route_class=OnceRoute)

MOST_PROBLEMS = 1000
MOST_PAIRS = 64
LONGEST_NAME = 60  # characters; a name on disk has 255 bytes, a Chinese character three or four of them

_UNSAFE = re.compile(r"[^\w.()（）\- ]+")


class ImportIn(In):
    """A list of cameras in a file, and how to read it."""

    file: Annotated[UploadFile, Field(description="CSV, XLSX, JSON or GeoJSON. 点位清单文件。")]
    owner: Annotated[Code, Field(description="Code of the owning department. 所属部门编码。")]
    format: Literal["csv", "xlsx", "json", "geojson"] | None = Field(
        None, description="Told by the suffix when left out. 省略时按后缀判断。"
    )
    map: list[Line] = Field(
        default_factory=list, max_length=MOST_PAIRS, description="FIELD=COLUMN, repeated. 字段=列名，可重复。"
    )
    dry_run: bool = Field(default=False, description="Check only, write nothing. 只检查，不写入。")


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
    """The balance: read = inserted + updated + unchanged + rejected; the first problems, and how many more."""

    dry_run: bool
    read: int
    inserted: int
    updated: int
    unchanged: int
    rejected: int
    warnings: int
    dropped: dict[str, int]
    problems: list[ProblemOut]
    more_problems: int

    @classmethod
    def of(cls, report: ImportReport, language: str, *, dry_run: bool) -> Self:
        told: Sequence[RowProblem] = report.problems[:MOST_PROBLEMS]
        return cls(
            dry_run=dry_run, read=report.read, inserted=report.inserted, updated=report.updated,
            unchanged=report.unchanged, rejected=report.rejected, warnings=report.warnings,
            dropped=dict(report.dropped), problems=[ProblemOut.of(problem, language) for problem in told],
            more_problems=len(report.problems) - len(told),
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
    for place, pair in enumerate(body.map):
        check_text(pair, f"/map/{place}")
    with on_disk(body.file) as path:
        report = broker.catalog.import_file(
            caller, path, owner=body.owner, format=body.format, mapping=parse_pairs(body.map), dry_run=body.dry_run
        )
    return ImportOut.of(report, language, dry_run=body.dry_run)
