"""The rulebook: routes, lists, limits and deadlines of the city, version by version."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import Field

from broker.domain.deciding.rulebook import RulebookVersion
from broker.domain.ids import PersonId
from broker.services.deciding.rulebook_document import dump
from broker.services.deciding.rulebook_document.difference import Difference
from broker.services.deciding.rulebooks import Version
from broker.services.people.names import Known
from broker.web.deps import BrokerDep, CallerDep, Reading, ReadingDep
from broker.web.refs import PersonRef
from broker.web.routes import OnceRoute
from broker.web.values import In, Out, Paragraph

router = APIRouter(prefix="/rulebook", tags=["rulebook"], route_class=OnceRoute)

Number = Annotated[int, Path(ge=0, le=2**31 - 1)]
Before = Annotated[int | None, Query(ge=0, le=2**31 - 1, description="Only versions below this one. 更早的版本。")]
Limit = Annotated[int, Query(ge=1, le=200)]


class DocumentIn(In):
    """A rulebook as docs/routes.md describes it."""

    document: dict[str, Any]


class ChangeIn(DocumentIn):
    """A new version: the document, why, and from which version it was made."""

    comment: Paragraph
    replaces: Annotated[int, Field(ge=0, le=2**31 - 1)]


class VersionRow(Out):
    """A version of the rulebook; `made_by` is null where the operator made it at the machine (see `operator`)."""

    version: int
    comment: str
    made_by: PersonRef | None
    operator: str
    at: datetime | None

    @classmethod
    def of(cls, about: RulebookVersion, known: Known) -> Self:
        person = person_of(about)
        return cls(
            version=about.version, comment=about.comment, at=about.at, operator="" if person else about.made_by,
            made_by=PersonRef.named(person, known) if person else None,
        )  # fmt: skip


class VersionOut(Out):
    """A version with its document; `about` is null for version 0, which the program comes with."""

    version: int
    about: VersionRow | None
    document: dict[str, Any]


class VersionsOut(Out):
    """Versions, newest first; version 0 is not among them."""

    items: list[VersionRow]


class ChangeOut(Out):
    """One place that changes; null: it was not there, or is no longer."""

    place: str
    before: Any
    after: Any

    @classmethod
    def of(cls, change: Difference) -> Self:
        return cls(place=change.place, before=change.before, after=change.after)


class ProposalOut(Out):
    """What a document would change, or has changed."""

    version: int
    replaces: int
    changes: list[ChangeOut]


def person_of(about: RulebookVersion) -> PersonId | None:
    """Return the person who made a version; None for the operator."""
    try:
        return PersonId(UUID(about.made_by))
    except ValueError:
        return None


def rows(found: Sequence[RulebookVersion], reading: Reading) -> list[VersionRow]:
    """Return versions, the names of who made them looked up together."""
    known = reading.known(persons={person for about in found if (person := person_of(about))})
    return [VersionRow.of(about, known) for about in found]


def whole(found: Version, reading: Reading) -> VersionOut:
    """Return a version in full."""
    about = rows([found.about], reading)[0] if found.about else None
    return VersionOut(version=found.rules.version, about=about, document=dump(found.rules))


@router.get("")
def read_rulebook(caller: CallerDep, broker: BrokerDep, reading: ReadingDep) -> VersionOut:
    """查看现行规则。Read the rulebook that a request submitted now goes by."""
    return whole(broker.rulebooks.current(caller), reading)


@router.post("", status_code=201)
def change_rulebook(body: ChangeIn, caller: CallerDep, broker: BrokerDep) -> ProposalOut:
    """启用新版规则；办理中的申请仍按原版本办理。Bring a new version in force; running requests keep theirs."""
    version, made = broker.rulebooks.change(caller, body.document, body.comment, body.replaces)
    return ProposalOut(
        version=version.rules.version, replaces=made.replaces, changes=[ChangeOut.of(it) for it in made.changes]
    )


@router.post("/check")
def check_rulebook(body: DocumentIn, caller: CallerDep, broker: BrokerDep) -> ProposalOut:
    """检查一份规则并列出与现行版本的差异，不作更改。Read a document and say what it would change; nothing is kept."""
    found = broker.rulebooks.check(caller, body.document)
    return ProposalOut(
        version=found.rules.version, replaces=found.replaces, changes=[ChangeOut.of(it) for it in found.changes]
    )


@router.get("/versions")
def list_rulebooks(
    caller: CallerDep, broker: BrokerDep, reading: ReadingDep, before: Before = None, limit: Limit = 50
) -> VersionsOut:
    """列出历次版本，新的在前。List the versions there were, newest first."""
    return VersionsOut(items=rows(broker.rulebooks.page(caller, before=before, limit=limit), reading))


@router.get("/{version}")
def read_rulebook_version(version: Number, caller: CallerDep, broker: BrokerDep, reading: ReadingDep) -> VersionOut:
    """查看某一版本；0 为随程序提供的版本。Read one version; 0 is the one the program comes with."""
    return whole(broker.rulebooks.read(caller, version), reading)
