"""Sources of footage: add, list, probe. Their options go in and never come out."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Path
from pydantic import ConfigDict, Field, JsonValue

from adapters.errors import InvalidOption
from broker.domain.catalog import Source
from broker.domain.media import Point, Probe
from broker.services.names import Known
from broker.services.sources import MOST_SESSIONS, NewSource
from broker.web.deps import BrokerDep, CallerDep, Reading, ReadingDep
from broker.web.paging import ByText, Page
from broker.web.refs import DepartmentRef
from broker.web.routes import OnceRoute
from broker.web.values import CODE, Code, In, Line, Out

router = APIRouter(prefix="/sources", tags=["sources"], route_class=OnceRoute)


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
    sessions: Annotated[int, Field(ge=1, le=MOST_SESSIONS)] = 1

    def new(self) -> NewSource:
        return NewSource(self.code, self.name, self.adapter, self.options, self.department, self.sessions)


class SourceOut(Out):
    """A source, without its options."""

    id: UUID
    code: str
    name: str
    adapter: str
    department: DepartmentRef
    sessions: int

    @classmethod
    def of(cls, source: Source, known: Known) -> Self:
        return cls(
            id=source.id, code=source.code, name=source.name, adapter=source.adapter,
            department=DepartmentRef.named(source.department_id, known), sessions=source.sessions,
        )  # fmt: skip


class PointOut(Out):
    """A channel that a source offers."""

    channel: str
    name: str


class ProbeOut(Out):
    """How a source is, and its channels."""

    ok: bool
    detail: str
    points: list[PointOut]

    @classmethod
    def of(cls, probe: Probe, points: Sequence[Point]) -> Self:
        told = [PointOut(channel=point.channel, name=point.name) for point in points]
        return cls(ok=probe.ok, detail=probe.detail, points=told)


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


@router.post("/{code}/probe")
def probe_source(code: Annotated[str, Path(pattern=CODE)], caller: CallerDep, broker: BrokerDep) -> ProbeOut:
    """检测接入源并列出通道。Ask a source how it is and which channels it offers."""
    return ProbeOut.of(*broker.sources.probe(caller, code))
