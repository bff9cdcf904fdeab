"""Before a request is sent: the form, who will have to decide, the dry run, and what stands out about it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Self
from uuid import UUID

from fastapi import APIRouter

from broker.domain.footage.grants import Action, Condition
from broker.domain.ids import CameraId, RequestId
from broker.domain.requests.findings import EarlierOutcome, Finding, FindingKind
from broker.locale import say
from broker.services.people.names import Known
from broker.services.requests.previews import Outlook, Part, Trial
from broker.web.api.footage.ledger import FaultOut, RecordedOut, shown_lines
from broker.web.api.requests.form_schema import FormOut
from broker.web.api.requests.request_forms import RequestIn
from broker.web.deps import BrokerDep, CallerDep, Language, Reading, ReadingDep
from broker.web.refs import CameraRef, DepartmentRef
from broker.web.routes import OnceRoute
from broker.web.values import Out

router = APIRouter(prefix="/access-requests", tags=["access-requests"], route_class=OnceRoute)


class PartOut(Out):
    """What one owning department would decide: its route, how many persons, by when at the latest."""

    department: DepartmentRef
    route: str
    route_name: str
    route_name_en: str
    cameras: int
    authorizations: int
    authorizers: int
    due: datetime | None
    actions: list[Action]
    conditions: list[Condition]
    longest_days: int

    @classmethod
    def of(cls, part: Part) -> Self:
        route = part.route
        return cls(
            department=DepartmentRef.of(part.department), route=route.code, route_name=route.name,
            route_name_en=route.name_en, cameras=part.cameras, authorizations=route.owner_authorizations,
            authorizers=part.authorizers, due=part.due, actions=sorted(route.actions),
            conditions=sorted(route.conditions), longest_days=route.longest_validity.days,
        )  # fmt: skip


class PlanOut(Out):
    """Who will have to decide: the center (null where no route asks for it), then the departments.

    `approvers` and `authorizers` count the persons who may decide once duties are separated; nobody is named. `skipped`
    are lower centers that have not enough of them. `due` of a part counts from the last moment the center has.
    """

    rulebook: int
    center: DepartmentRef | None
    center_approvals: int
    approvers: int
    due: datetime | None
    skipped: list[DepartmentRef]
    parts: list[PartOut]
    faults: list[FaultOut]

    @classmethod
    def of(cls, outlook: Outlook, language: str) -> Self:
        return cls(
            rulebook=outlook.rulebook, center=DepartmentRef.of(outlook.center) if outlook.center else None,
            center_approvals=outlook.approvals, approvers=outlook.approvers, due=outlook.due,
            skipped=[DepartmentRef.of(center) for center in outlook.skipped],
            parts=[PartOut.of(part) for part in outlook.parts],
            faults=[FaultOut.of(fault, language) for fault in outlook.faults],
        )  # fmt: skip


class EarlierOut(Out):
    """An earlier request that came to nothing."""

    number: str
    outcome: EarlierOutcome
    at: datetime
    same_case: bool


class FindingOut(Out):
    """Something that stands out; it refuses nothing."""

    kind: FindingKind
    detail: str
    cameras: list[CameraRef]
    earlier: EarlierOut | None

    @classmethod
    def of(cls, finding: Finding, known: Known, language: str) -> Self:
        told = finding.earlier
        name = f"{finding.kind}-{told.outcome}" if told else finding.kind
        return cls(
            kind=finding.kind,
            detail=say(f"finding.{name}", language, **finding.facts),
            cameras=[CameraRef.named(camera, known) for camera in finding.cameras],
            earlier=None if told is None else EarlierOut(
                number=told.number, outcome=told.outcome, at=told.at, same_case=told.same_case
            ),
        )  # fmt: skip


class FindingsOut(Out):
    """All that stands out about a request."""

    findings: list[FindingOut]


class TrialOut(Out):
    """The answer of a dry run: with no faults the request would be accepted now."""

    accepted: bool
    faults: list[FaultOut]
    plan: PlanOut
    lines: list[RecordedOut]
    findings: list[FindingOut]


def tried(trial: Trial, reading: Reading) -> TrialOut:
    """Return a dry run, the names of its cameras looked up together."""
    about: set[CameraId] = {camera for finding in trial.findings for camera in finding.cameras}
    return TrialOut(
        accepted=not trial.faults,
        faults=[FaultOut.of(fault, reading.language) for fault in trial.faults],
        plan=PlanOut.of(trial.outlook, reading.language),
        lines=shown_lines(trial.recorded, reading),
        findings=shown(trial.findings, reading.known(cameras=about), reading.language),
    )


def shown(findings: Sequence[Finding], known: Known, language: str) -> list[FindingOut]:
    """Return findings in the reader's language."""
    return [FindingOut.of(finding, known, language) for finding in findings]


@router.get("/form")
def read_request_form(caller: CallerDep, broker: BrokerDep) -> FormOut:
    """读取申请表单的格式与选项。Read the JSON Schema of the form, with its lists and limits."""
    return FormOut.of(broker.rulebooks.current(caller).rules)


@router.post("/plan")
def plan_form(body: RequestIn, caller: CallerDep, broker: BrokerDep, language: Language) -> PlanOut:
    """按表单预告由谁审批、谁授权，不保存。Say who would have to decide on this form; nothing is kept."""
    return PlanOut.of(broker.previews.plan_form(caller, body.form()), language)


@router.post("/check")
def check_form(body: RequestIn, caller: CallerDep, broker: BrokerDep, reading: ReadingDep) -> TrialOut:
    """试提交表单：列出全部会被拒绝之处，不保存。Dry run of this form: all that would be refused; nothing is kept."""
    return tried(broker.previews.check_form(caller, body.form()), reading)


@router.get("/{key}/plan")
def plan_access_request(key: UUID, caller: CallerDep, broker: BrokerDep, language: Language) -> PlanOut:
    """预告草稿将由谁审批、谁授权。Say who would have to decide on a draft."""
    return PlanOut.of(broker.previews.plan(caller, RequestId(key)), language)


@router.post("/{key}/check")
def check_access_request(key: UUID, caller: CallerDep, broker: BrokerDep, reading: ReadingDep) -> TrialOut:
    """试提交草稿：列出全部会被拒绝之处。Dry run of a draft: all that would be refused."""
    return tried(broker.previews.check(caller, RequestId(key)), reading)


@router.get("/{key}/findings")
def list_findings(key: UUID, caller: CallerDep, broker: BrokerDep, reading: ReadingDep) -> FindingsOut:
    """提示审批人和授权人须留意之处。What stands out about a request, for those who decide on it."""
    found = broker.findings.of(caller, RequestId(key))
    known = reading.known(cameras={camera for finding in found for camera in finding.cameras})
    return FindingsOut(findings=shown(found, known, reading.language))
