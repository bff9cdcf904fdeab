"""Sources of footage: add, edit, list, probe. Their secret options go in and never come out."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Path
from pydantic import ConfigDict, Field, JsonValue

from adapters.errors import InvalidOption
from broker.domain.catalog.catalog import Source
from broker.domain.footage.media import Point, Probe
from broker.services.people.names import Known
from broker.services.sources.sources import MOST_KEPT_DAYS, MOST_SESSIONS, NewSource, Shown, SourceEdit
from broker.web.deps import BrokerDep, CallerDep, Reading, ReadingDep
from broker.web.paging import ByText, Page
from broker.web.refs import DepartmentRef
from broker.web.routes import OnceRoute
from broker.web.values import CODE, Code, In, Line, Out

router = APIRouter(prefix="/sources", tags=["sources"], route_class=OnceRoute)


Sessions = Annotated[int, Field(ge=1, le=MOST_SESSIONS)]
SourceCode = Annotated[str, Path(pattern=CODE)]


class SourceIn(In):
    """What it takes to add a source; `options` are the adapter's own and may hold secrets."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "code": "archive-dh",
                    "name": "东河区录像归档",
                    "adapter": "local_files",
                    "options": {"folder": "/srv/archive"},
                    "department": "dh-cg",
                    "sessions": 2,
                },
            ],
        },
    )

    code: Code
    name: Line
    adapter: Code
    options: Annotated[dict[str, JsonValue], Field(max_length=64, repr=False)] = Field(default_factory=dict)
    department: Code
    sessions: Sessions = 1
    keeps_days: Annotated[int, Field(ge=1, le=MOST_KEPT_DAYS)] | None = None

    def new(self) -> NewSource:
        return NewSource(
            self.code, self.name, self.adapter, self.options, self.department, self.sessions, self.keeps_days
        )


class SourceEditIn(In):
    """A change of a source; members that are left out stay.

    `options` are laid over those there are: one that is left out stays, secrets too; one that is null goes back to its
    default. `keeps_days` 0: nobody knows how long it keeps recordings. `stopped`: nothing is asked of it any more.
    With `version`, the change is refused when somebody else was first.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "东河区录像归档（新）", "sessions": 4}]})

    name: Line | None = None
    options: Annotated[dict[str, JsonValue] | None, Field(max_length=64, repr=False)] = None
    department: Code | None = None
    sessions: Sessions | None = None
    stopped: bool | None = None
    keeps_days: Annotated[int, Field(ge=0, le=MOST_KEPT_DAYS)] | None = None
    version: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None

    def edit(self) -> SourceEdit:
        return SourceEdit(**dict(self))


class SourceOut(Out):
    """A source, without its options."""

    id: UUID
    code: str
    name: str
    adapter: str
    department: DepartmentRef
    sessions: int
    stopped: bool
    keeps_days: int | None
    version: int

    @classmethod
    def of(cls, source: Source, known: Known) -> Self:
        return cls(
            id=source.id, code=source.code, name=source.name, adapter=source.adapter,
            department=DepartmentRef.named(source.department_id, known), sessions=source.sessions,
            stopped=source.stopped, keeps_days=source.keeps_days, version=source.version,
        )  # fmt: skip


class SourcePageOut(Out):
    """A source with the options that are no secret; of the others, `sealed` has the names of those that are set."""

    source: SourceOut
    plain_options: dict[str, JsonValue]
    sealed: list[str]

    @classmethod
    def of(cls, found: Shown, reading: Reading) -> Self:
        told = {"plain_options": found.options, "sealed": list(found.source.secrets)}
        return cls.model_validate({"source": shown([found.source], reading)[0], **told})


class PointOut(Out):
    """A channel that a source offers."""

    channel: str
    name: str


class ProbeOut(Out):
    """How a source is, and its channels; `ahead`: by how many seconds its clock is, null where it does not tell."""

    ok: bool
    detail: str
    points: list[PointOut]
    ahead: float | None
    ahead_by: str

    @classmethod
    def of(cls, probe: Probe, points: Sequence[Point]) -> Self:
        told = [PointOut(channel=point.channel, name=point.name) for point in points]
        return cls(ok=probe.ok, detail=probe.detail, points=told, ahead=probe.ahead, ahead_by=probe.ahead_by)


def shown(sources: Sequence[Source], reading: Reading) -> list[SourceOut]:
    """Return sources, their departments looked up together."""
    known = reading.known(departments={source.department_id for source in sources})
    return [SourceOut.of(source, known) for source in sources]


@contextmanager
def below(place: str) -> Iterator[None]:
    """Say where in the body an adapter's options stand: the adapter itself only knows its own."""
    try:
        yield
    except InvalidOption as error:
        error.pointer = f"{place}{error.pointer}"
        raise


@router.get("")
def list_sources(caller: CallerDep, broker: BrokerDep, reading: ReadingDep, window: ByText) -> Page[SourceOut]:
    """按编码列出接入源。List sources by code."""
    found = broker.sources.page(caller, after=window.after or "", limit=window.wanted)
    return window.page(found, lambda it: it.code, lambda sources: shown(sources, reading))


@router.post("", status_code=201)
def add_source(body: SourceIn, caller: CallerDep, broker: BrokerDep, reading: ReadingDep) -> SourceOut:
    """添加接入源，此时不连接。Add a source; it is not asked yet."""
    with below("/options"):
        return shown([broker.sources.add(caller, body.new())], reading)[0]


@router.get("/{code}")
def read_source(code: SourceCode, caller: CallerDep, broker: BrokerDep, reading: ReadingDep) -> SourcePageOut:
    """查看接入源，机密选项只列名称。Read a source; of secret options only the names."""
    return SourcePageOut.of(broker.sources.read(caller, code), reading)


@router.patch("/{code}")
def edit_source(
    code: SourceCode, body: SourceEditIn, caller: CallerDep, broker: BrokerDep, reading: ReadingDep
) -> SourcePageOut:
    """修改、停用或启用接入源。Change a source, stop it or let it go on."""
    with below("/options"):
        return SourcePageOut.of(broker.sources.edit(caller, code, body.edit()), reading)


@router.post("/{code}/probe")
def probe_source(code: SourceCode, caller: CallerDep, broker: BrokerDep) -> ProbeOut:
    """检测接入源并列出通道。Ask a source how it is and which channels it offers."""
    return ProbeOut.of(*broker.sources.probe(caller, code))
