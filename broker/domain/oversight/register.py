"""The access register (调阅登记簿): who looked at what and why, one line a look, as the law asks for.

A line says what was true when it was written: names, unit and reason are copied, so that nothing that changes later
changes the register. How a delivery ended is told beside its line, never by rewriting it.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from broker.domain.footage.grants import Action, Grant
from broker.domain.footage.media import Ask
from broker.domain.footage.retrievals import action_of
from broker.domain.ids import CameraId, DepartmentId, GrantId, PersonId, RequestId, RetrievalId


class LookAct(StrEnum):
    """What somebody wanted: to have footage fetched, or to have what was fetched handed over, or only shown."""

    ORDER = "order"
    DELIVER = "deliver"
    VIEW = "view"


class LookResult(StrEnum):
    """What the broker said to it."""

    ALLOWED = "allowed"
    REFUSED = "refused"


@dataclass(frozen=True)
class Look:
    """One look before it is entered; `refusal` is the slug of the reason, empty for an allowed one."""

    act: LookAct
    person_id: PersonId
    camera_id: CameraId
    ask: Ask
    address: str = ""
    retrieval_id: RetrievalId | None = None
    grant_id: GrantId | None = None
    request_id: RequestId | None = None
    refusal: str = ""

    @property
    def action(self) -> Action:
        return action_of(self.ask)

    @property
    def result(self) -> LookResult:
        return LookResult.REFUSED if self.refusal else LookResult.ALLOWED

    def under(self, grant: Grant | None) -> "Look":
        """Return the look with the grant and the request it rests on.

        A refused look may have come nearest to a grant for other cameras. That grant is no reason to look at this
        one, and the owner of this one has no business to read of it: it is left out.
        """
        if grant is None or not grant.windows_of(self.camera_id):
            return self
        return replace(self, grant_id=grant.id, request_id=grant.request_id)


@dataclass(frozen=True)
class Outcome:
    """How a delivery ended: the bytes that left, and the slug of why it was cut off, empty when it was whole."""

    at: datetime
    sent: int
    reason: str = ""


@dataclass(frozen=True)
class RegisterLine:
    """One line as it stands; `end` is None for a single picture, `outcome` None while unknown or without a delivery."""

    number: int
    at: datetime
    act: LookAct
    action: Action
    result: LookResult
    refusal: str
    person_id: PersonId
    person_name: str
    person_login: str
    department_id: DepartmentId
    department_name: str
    camera_id: CameraId
    camera_name: str
    gb_code: str | None
    owner_id: DepartmentId
    owner_name: str
    begin: datetime
    end: datetime | None
    request_id: RequestId | None
    request_number: str
    basis: str
    case_number: str
    reason: str
    grant_id: GrantId | None
    retrieval_id: RetrievalId | None
    address: str
    outcome: Outcome | None


@dataclass(frozen=True)
class Sought:
    """Which lines are wanted; None means any. Departments are paths and reach what lies below them.

    `number` is that of the access request, `gb_code` that of the camera, both as they were then.
    """

    since: datetime | None = None
    until: datetime | None = None
    department: str | None = None
    owner: str | None = None
    person: str | None = None
    camera: CameraId | None = None
    request: RequestId | None = None
    number: str | None = None
    gb_code: str | None = None
    act: LookAct | None = None
    result: LookResult | None = None
