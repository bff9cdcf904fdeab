"""Evidence packages: order one, follow it, take it away."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from broker.bootstrap import Broker
from broker.domain.errors import Conflict
from broker.domain.footage.packages import COMPLETE, MOST, EvidencePackage, PackageState
from broker.domain.footage.stops import Stop
from broker.domain.ids import PackageId, RetrievalId
from broker.domain.oversight.register import LookAct
from broker.domain.people.accounts import Caller
from broker.locale import say
from broker.web.api.footage.retrievals import ErrorOut
from broker.web.deps import BrokerDep, CallerDep, ReadingDep
from broker.web.handing_over import Offer, Opened, Part, RangeHeader, hand_over, headers_of
from broker.web.paging import ById, Page
from broker.web.routes import OnceRoute, StrictRoute
from broker.web.values import In, Out

router = APIRouter(prefix="/packages", tags=["packages"], route_class=OnceRoute)
taking = APIRouter(prefix="/packages", tags=["packages"], route_class=StrictRoute)


class PackageIn(In):
    """Which results go into it: one's own, all under one grant."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"retrievals": ["01930b5e-7a3c-7f6e-8b1a-2f6f5d3c1a00"]}]}
    )

    retrievals: Annotated[list[UUID], Field(min_length=1, max_length=MOST)]


class PackageFileOut(Out):
    """The finished package: a ZIP that is stored, not compressed, and signed by who is named."""

    digest: str
    size: int
    signer: str


class PackageOut(Out):
    """An order for a package and what became of it."""

    id: UUID
    name: str
    state: PackageState
    grant: UUID
    retrievals: list[UUID]
    ordered_at: datetime | None
    ready_at: datetime | None
    file: PackageFileOut | None
    held: str
    error: ErrorOut | None

    @classmethod
    def of(cls, package: EvidencePackage, language: str) -> Self:
        told = {"grant": package.grant_id, **(package.error_facts or {})}
        error, contents = package.error, package.contents
        return cls(
            id=package.id, name=package.name, state=package.state, grant=package.grant_id,
            retrievals=list(package.retrievals), ordered_at=package.ordered_at, ready_at=package.ready_at,
            held=package.held,
            file=PackageFileOut(digest=contents.digest, size=contents.size, signer=contents.signer)
            if contents else None,
            error=ErrorOut(slug=error, detail=say(error, language, **told)) if error else None,
        )  # fmt: skip


@router.post("", status_code=202)
def order_package(
    body: PackageIn, request: Request, caller: CallerDep, broker: BrokerDep, reading: ReadingDep
) -> PackageOut:
    """把本人的调取结果制作成一个证据包。Order an evidence package of your own results."""
    address = request.client.host if request.client else ""
    ordered = broker.packages.order(caller, [RetrievalId(key) for key in body.retrievals], address=address)
    return PackageOut.of(ordered, reading.language)


@router.get("")
def list_packages(caller: CallerDep, broker: BrokerDep, reading: ReadingDep, window: ById) -> Page[PackageOut]:
    """列出本人的证据包，新的在前。List your own evidence packages, newest first."""
    after = None if window.after is None else PackageId(window.after)
    found = broker.packages.page(caller, after=after, limit=window.wanted)
    return window.page(found, lambda it: it.id, lambda shown: [PackageOut.of(it, reading.language) for it in shown])


@router.get("/{key}")
def read_package(key: UUID, caller: CallerDep, broker: BrokerDep, reading: ReadingDep) -> PackageOut:
    """查看本人的一个证据包。Read one of your evidence packages."""
    return PackageOut.of(broker.packages.read(caller, PackageId(key)), reading.language)


@taking.head("/{key}/file", response_class=Response)
def describe_package(key: UUID, broker: BrokerDep, caller: CallerDep) -> Response:
    """Say how large a package is; nothing flows, nothing is noted."""
    package = broker.packages.read(caller, PackageId(key))
    if package.state not in COMPLETE:
        raise Conflict("no-package", state=package.state)
    offer = _offer(broker, caller, package, frozenset())
    return Response(status_code=200, headers=headers_of(offer, (0, offer.size)))


@taking.get(
    "/{key}/file",
    response_class=Response,
    responses={206: {"description": "the part asked for"}, 416: {"description": "the part lies outside"}},
)
async def download_package(
    key: UUID, request: Request, broker: BrokerDep, caller: CallerDep, asked: RangeHeader = None
) -> Response:
    """取走证据包；与单个结果一样逐块受授权约束。Take a package away, guarded like a single result at every chunk."""
    package, stops = await run_in_threadpool(broker.packages.watched, caller, PackageId(key))
    return await hand_over(request, broker.blobs, _offer(broker, caller, package, stops), asked)


def _offer(broker: Broker, caller: Caller, package: EvidencePackage, stops: frozenset[Stop]) -> Offer:
    contents = package.contents if package.state in COMPLETE else None

    def stops_now() -> frozenset[Stop]:
        return broker.packages.watched(caller, package.id)[1]

    def opened(part: Part, address: str) -> Opened:
        delivery = broker.packages.open(caller, package.id, part[1] - part[0], address=address)

        def finished(sent: int, reason: str | None) -> None:
            if reason is not None:
                broker.packages.interrupted(caller, delivery, part[0], sent, reason)
            else:
                broker.packages.delivered(caller, delivery, part, last=part[1] == package.size)

        return Opened(delivery.until, finished)

    return Offer(
        digest=contents.digest if contents else "",
        size=contents.size if contents else 0,
        media_type="application/zip",
        name=f"{package.name}.zip",
        act=LookAct.DELIVER,
        stops=stops,
        stops_now=stops_now,
        open=opened,
    )
