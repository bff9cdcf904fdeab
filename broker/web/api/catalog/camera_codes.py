"""Codes for all points of a department, or of an import, that have none."""

from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import ConfigDict, Field

from broker.domain.catalog.code_giving import CodeAsk, Uncoded
from broker.domain.ids import CameraId, ImportId
from broker.locale import explain
from broker.services.catalog.camera_codes import Among, Coded
from broker.web.api.catalog.camera_records import NewCodeIn
from broker.web.deps import BrokerDep, CallerDep
from broker.web.language import language_of
from broker.web.routes import OnceRoute
from broker.web.values import Code, Out

router = APIRouter(prefix="/cameras", tags=["cameras"], route_class=OnceRoute)


class CodesIn(NewCodeIn):
    """What the codes are to say, and whose points are meant: a department's, or those of an import.

    At most 20,000 points a call; `after` goes on behind the `last` of the call before.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [{"owner": "dh-cg", "industry": "08", "dry_run": True}]})

    owner: Code | None = None
    import_id: Annotated[UUID | None, Field(alias="import")] = None
    after: UUID | None = None
    dry_run: bool = Field(default=False, description="Count only, write nothing. 只计数，不写入。")

    def among(self) -> Among:
        return Among(
            self.owner,
            None if self.import_id is None else ImportId(self.import_id),
            None if self.after is None else CameraId(self.after),
        )


class UncodedPointOut(Out):
    """A point that gets no code."""

    id: UUID
    name: str
    division: str


class UncodedOut(Out):
    """Points that get no code for one reason; `detail` is the sentence of the first of them."""

    reason: str
    detail: str
    points: int
    first: list[UncodedPointOut]

    @classmethod
    def of(cls, found: Uncoded, language: str) -> Self:
        first = [UncodedPointOut(id=it.id, name=it.name, division=it.division) for it in found.first]
        return cls(reason=found.reason.slug, detail=explain(found.reason, language), points=found.points, first=first)


class CodesOut(Out):
    """matched = coded + the sum of `uncoded`; `places`: 14 digits with the serials given there, as `1-40,43`."""

    dry_run: bool
    matched: int
    coded: int
    places: dict[str, str]
    uncoded: list[UncodedOut]
    last: UUID | None
    beyond: int

    @classmethod
    def of(cls, found: Coded, *, dry_run: bool, language: str) -> Self:
        return cls(
            dry_run=dry_run, matched=found.matched, coded=found.coded, places=found.places,
            uncoded=[UncodedOut.of(it, language) for it in found.uncoded], last=found.last, beyond=found.beyond,
        )  # fmt: skip


@router.post("/codes")
def give_codes(body: CodesIn, caller: CallerDep, broker: BrokerDep, request: Request) -> CodesOut:
    """为一个部门或一次导入中没有国标编码的点位批量生成编码，可先只计数。Give points without a code one each."""
    ask = CodeAsk(body.division, body.industry, body.type, body.network, body.edition)
    found = broker.camera_codes.give_all(caller, body.among(), ask, dry_run=body.dry_run)
    return CodesOut.of(found, dry_run=body.dry_run, language=language_of(request))
