"""Policies: what may be done by whom, proposed by one person and put in force by another."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import ConfigDict, Field, StringConstraints

from broker.domain.deciding.policies import PolicyState, PolicyVersion
from broker.domain.ids import PolicyId
from broker.services.deciding.policies import Affected, Changed, InForce, Preview
from broker.services.people.names import Known
from broker.web.api.requests.request_forms import ReasonIn
from broker.web.deps import BrokerDep, CallerDep, Reading, ReadingDep
from broker.web.paging import ById, Page
from broker.web.refs import PersonRef
from broker.web.routes import OnceRoute
from broker.web.values import In, Out, Paragraph
from policies.differences import Way

router = APIRouter(prefix="/policies", tags=["policies"], route_class=OnceRoute)

LONGEST_TEXT = 100_000
Word = Annotated[str, Query(max_length=80)]


class PolicyIn(In):
    """A policy to propose: its rows as CSV (role, object, act, need, effect), and why."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"text": "auditor, audit, read, -, allow\n", "comment": "撤销督察人员对目录的查询"},
            ],
        },
    )

    text: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_TEXT)]
    comment: Paragraph


class ActivateIn(In):
    """Which policy the preview was made against, so that what comes in force is what was looked at."""

    replaces: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")] | None = None


class PolicyOut(Out):
    """A policy without its rows; `policy` is what every event in the trace calls it."""

    id: UUID
    state: PolicyState
    policy: str
    comment: str
    proposed_by: PersonRef
    proposed_at: datetime
    activated_by: PersonRef | None
    activated_at: datetime | None

    @classmethod
    def of(cls, found: PolicyVersion, known: Known) -> Self:
        by = found.activated_by
        return cls(
            id=found.id, state=found.state, policy=found.policy, comment=found.comment,
            proposed_by=PersonRef.named(found.proposed_by, known), proposed_at=found.proposed_at,
            activated_by=None if by is None else PersonRef.named(by, known), activated_at=found.activated_at,
        )  # fmt: skip


class PolicyText(PolicyOut):
    """A policy with its rows."""

    text: str


class InForceOut(Out):
    """The policy that decides now; `version` is null for the one that the program comes with."""

    policy: str
    text: str
    version: PolicyOut | None


class ChangedOut(Out):
    """The policy now in force; `settled` says that no call begun under the one before is still running."""

    policy: str
    settled: bool
    version: PolicyOut


class OpeningOut(Out):
    """An act that opens or closes: for whoever holds all roles (none: anybody), as soon as all facts are true."""

    roles: list[str]
    act: str
    facts: list[str]
    holders: int
    logins: list[str]

    @classmethod
    def of(cls, found: Affected) -> Self:
        it, who = found.opening, found.holders
        return cls(
            roles=list(it.roles), act=it.act, facts=list(it.facts), holders=who.count, logins=list(who.logins)
        )  # fmt: skip


class PreviewOut(Out):
    """Who could do what that they could not before, and the reverse; at most twenty persons are named each time."""

    version: PolicyOut
    replaces: str
    opened: list[OpeningOut]
    closed: list[OpeningOut]

    @classmethod
    def of(cls, found: Preview, reading: Reading) -> Self:
        return cls(
            version=shown([found.version], reading)[0], replaces=found.replaces,
            opened=[OpeningOut.of(it) for it in found.opened], closed=[OpeningOut.of(it) for it in found.closed],
        )  # fmt: skip


class WayOut(Out):
    """One row that speaks of the role and the act; `fixed` rows are part of every policy and have no line in it."""

    row: int
    fixed: bool
    rule: str
    effect: str
    facts: list[str]

    @classmethod
    def of(cls, way: Way) -> Self:
        rule = way.row.rule
        return cls(
            row=way.row.number, fixed=way.row.fixed, rule=", ".join(rule), effect=rule.effect, facts=list(way.facts)
        )


class ExplanationOut(Out):
    """What the rows in force say, those that deny first: one of them is enough to refuse."""

    ways: list[WayOut]


def shown(found: Sequence[PolicyVersion], reading: Reading) -> list[PolicyOut]:
    """Return policies, their names looked up together."""
    persons = {person for it in found for person in (it.proposed_by, it.activated_by) if person}
    known = reading.known(persons=persons)
    return [PolicyOut.of(it, known) for it in found]


def in_force(found: InForce, reading: Reading) -> InForceOut:
    """Return the policy that decides now."""
    version = shown([found.version], reading)[0] if found.version else None
    return InForceOut(policy=found.policy, text=found.text, version=version)


def changed(found: Changed, reading: Reading) -> ChangedOut:
    """Return what a change led to."""
    return ChangedOut(policy=found.policy, settled=found.settled, version=shown([found.version], reading)[0])


@router.get("")
def list_policies(caller: CallerDep, broker: BrokerDep, reading: ReadingDep, window: ById) -> Page[PolicyOut]:
    """列出全部策略版本，新的在前。List all policies, newest first."""
    after = None if window.after is None else PolicyId(window.after)
    found = broker.policies.page(caller, after=after, limit=window.wanted)
    return window.page(found, lambda it: it.id, lambda policies: shown(policies, reading))


@router.post("", status_code=201)
def propose_policy(body: PolicyIn, caller: CallerDep, broker: BrokerDep, reading: ReadingDep) -> PolicyOut:
    """提出一个策略版本；有错时列出全部错处，不作任何更改。Propose a policy; its faults are told all at once."""
    return shown([broker.policies.propose(caller, body.text, body.comment)], reading)[0]


@router.get("/current")
def read_policy_in_force(caller: CallerDep, broker: BrokerDep, reading: ReadingDep) -> InForceOut:
    """查看现在生效的策略。Read the policy that decides now."""
    return in_force(broker.policies.in_force(caller), reading)


@router.get("/explain")
def explain_policy(role: Word, act: Word, caller: CallerDep, broker: BrokerDep) -> ExplanationOut:
    """说明某角色做某操作须满足什么。Say which rows speak of a role and an act, and which facts they need."""
    return ExplanationOut(ways=[WayOut.of(way) for way in broker.policies.explain(caller, role, act)])


@router.get("/{key}")
def read_policy(key: UUID, caller: CallerDep, broker: BrokerDep, reading: ReadingDep) -> PolicyText:
    """查看一个策略版本及其全文。Read one policy with its rows."""
    found = broker.policies.read(caller, PolicyId(key))
    return PolicyText(**shown([found], reading)[0].model_dump(), text=found.text)


@router.get("/{key}/preview")
def preview_policy(key: UUID, caller: CallerDep, broker: BrokerDep, reading: ReadingDep) -> PreviewOut:
    """预览：谁将能做以前不能做的事，谁将不能再做。Say who could do what that they could not before, and the reverse."""
    return PreviewOut.of(broker.policies.preview(caller, PolicyId(key)), reading)


@router.post("/{key}/activate")
def activate_policy(
    key: UUID, body: ActivateIn, caller: CallerDep, broker: BrokerDep, reading: ReadingDep
) -> ChangedOut:
    """启用他人提出的策略版本，返回时处处生效。Put a policy in force that somebody else proposed, everywhere at once."""
    return changed(broker.policies.activate(caller, PolicyId(key), body.replaces), reading)


@router.post("/{key}/discard")
def discard_policy(key: UUID, body: ReasonIn, caller: CallerDep, broker: BrokerDep, reading: ReadingDep) -> PolicyOut:
    """作废一个未启用的策略版本。Lay a proposal aside for good."""
    return shown([broker.policies.discard(caller, PolicyId(key), body.reason)], reading)[0]
