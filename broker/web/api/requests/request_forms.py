"""What people write into an access request, and what they write when they decide on it."""

from datetime import timedelta
from typing import Annotated, Self
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from broker.domain.errors import Invalid
from broker.domain.footage.grants import (
    DEFAULT_VALIDITY,
    LONGEST_SIDE,
    LONGEST_VALIDITY,
    SHORTEST_SIDE,
    Action,
    Condition,
    Quota,
    Terms,
)
from broker.domain.ids import CameraId, LineId
from broker.domain.requests.access_requests import AskedLine, Place
from broker.domain.requests.purpose import Purpose
from broker.domain.time import TimeSpan
from broker.services.requests.access_requests import Form, Verdict
from broker.services.requests.form_references import MOST_LINES
from broker.web.values import In, Instant, Line, Paragraph, Remark, SpanIn, refused, span_of

Login = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Revision = Annotated[int, Field(ge=1, le=2**31 - 1, description="The revision decided on. 所依据的版次。")]
FormPointer = Annotated[
    str, StringConstraints(pattern=r"^/(purpose|terms|lines|investigators|place|urgent)(/[a-z0-9_]{1,40}){0,3}$")
]
MOST_INVESTIGATORS = 100
MOST_REMARKS = 100


class PurposeIn(In):
    """Why footage is needed: codes of basis and matter from the form's lists, case or notice number, the reason."""

    basis: Line
    matter: Line
    case_number: Line
    reason: Paragraph

    def purpose(self) -> Purpose:
        return Purpose(**self.model_dump())


class QuotaIn(In):
    """How much may be taken: pictures, seconds of footage, bytes delivered."""

    snapshots: int = Field(default=Quota().snapshots, ge=0, le=1_000_000)
    seconds: int = Field(default=Quota().seconds, ge=0, le=100_000_000)
    bytes: int = Field(default=Quota().bytes, ge=0, le=2**50)


class TermsIn(In):
    """What may be done, for how many days, and how much."""

    actions: frozenset[Action] = frozenset(Action)
    valid_days: int = Field(default=DEFAULT_VALIDITY.days, ge=1, le=LONGEST_VALIDITY.days)
    quota: QuotaIn = Field(default_factory=QuotaIn)
    conditions: frozenset[Condition] = frozenset()
    originals: bool = False
    longest_side: int | None = Field(default=None, ge=SHORTEST_SIDE, le=LONGEST_SIDE)

    def terms(self) -> Terms:
        quota, validity = Quota(**self.quota.model_dump()), timedelta(days=self.valid_days)
        return Terms(self.actions, validity, quota, self.conditions, self.originals, self.longest_side)


class DecidedTermsIn(TermsIn):
    """The terms of a decision, in full: what is left out must not fall back to a default nobody thought of."""

    actions: frozenset[Action]
    valid_days: int = Field(ge=1, le=LONGEST_VALIDITY.days)
    quota: QuotaIn


class LineIn(SpanIn):
    """One camera and one span of footage."""

    camera: UUID

    def line(self) -> AskedLine:
        return AskedLine(CameraId(self.camera), self.span)


class PlaceIn(In):
    """Where it happened: WGS-84 degrees, and in words."""

    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    name: Remark = ""

    def place(self) -> Place:
        return Place(**self.model_dump())


class RequestIn(In):
    """The form of an access request; investigators are named by login."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "purpose": {
                        "basis": "administrative",
                        "matter": "environment",
                        "case_number": "东环罚〔2026〕12号",
                        "reason": "夜间倾倒渣土，需核对车辆进出时间",
                    },
                    "investigators": ["looker"],
                    "lines": [
                        {
                            "camera": "01930b5e-7a3c-7f6e-8b1a-2f6f5d3c1a00",
                            "begin": "2026-11-20T22:00:00+08:00",
                            "end": "2026-11-20T23:00:00+08:00",
                        },
                    ],
                    "terms": {"actions": ["snapshot", "clip"], "valid_days": 7},
                    "urgent": False,
                },
            ],
        },
    )

    purpose: PurposeIn
    investigators: Annotated[list[Login], Field(max_length=MOST_INVESTIGATORS)]
    lines: Annotated[list[LineIn], Field(max_length=MOST_LINES)]
    terms: TermsIn = Field(default_factory=TermsIn)
    urgent: bool = False
    place: PlaceIn | None = None

    def form(self) -> Form:
        return Form(
            purpose=self.purpose.purpose(),
            terms=self.terms.terms(),
            investigators=tuple(self.investigators),
            lines=tuple(line.line() for line in self.lines),
            urgent=self.urgent,
            place=self.place.place() if self.place else None,
        )


class LineDecision(In):
    """What a decision leaves of one line: a span within the one before, or nothing (struck)."""

    line: UUID
    begin: Instant | None = None
    end: Instant | None = None
    struck: bool = False

    @model_validator(mode="after")
    def _either(self) -> Self:
        given = (self.begin is not None, self.end is not None)
        if given != (not self.struck, not self.struck):
            raise refused("line-undecided")
        if self.begin is not None and self.end is not None:
            span_of(self.begin, self.end)
        return self

    @property
    def span(self) -> TimeSpan | None:
        return None if self.begin is None or self.end is None else TimeSpan(self.begin, self.end)


class DecisionIn(In):
    """A decision: `lines` null takes every line as it stands, else only those named, as far as they are named."""

    revision: Revision
    lines: Annotated[list[LineDecision], Field(max_length=MOST_LINES)] | None = None
    terms: DecidedTermsIn | None = None

    def spans(self) -> dict[LineId, TimeSpan | None] | None:
        """Return the spans by line.

        Raises:
            Invalid: a line is decided twice.
        """
        if self.lines is None:
            return None
        spans: dict[LineId, TimeSpan | None] = {}
        for place, decided in enumerate(self.lines):
            if decided.line in spans:
                raise Invalid("line-twice", pointer=f"/lines/{place}/line", line=decided.line)
            spans[LineId(decided.line)] = decided.span
        return spans

    def _terms(self) -> Terms | None:
        return None if self.terms is None else self.terms.terms()


class ApprovalIn(DecisionIn):
    """The center's approval of the need."""

    comment: Remark = ""

    def verdict(self) -> Verdict:
        return Verdict(self.revision, self.spans(), self._terms(), comment=self.comment)


class AuthorizationIn(DecisionIn):
    """An owner's authorization, camera by camera; `remarks` by line, as a rule for what is refused."""

    remarks: Annotated[dict[UUID, Remark], Field(max_length=MOST_LINES)] = Field(default_factory=dict)

    def verdict(self) -> Verdict:
        remarks = {LineId(line): remark for line, remark in self.remarks.items()}
        return Verdict(self.revision, self.spans(), self._terms(), remarks)


class ReturnIn(In):
    """A return for supplement: what is to be added, and per field of the form (JSON pointer) what is wrong there."""

    revision: Revision
    comment: Paragraph
    remarks: Annotated[dict[FormPointer, Paragraph], Field(max_length=MOST_REMARKS)] = Field(default_factory=dict)


class RefusalIn(In):
    """A refusal for good, with its reason."""

    revision: Revision
    reason: Paragraph


class ReportIn(In):
    """What the footage was used for, in the requester's words."""

    report: Paragraph


class ReasonIn(In):
    """A reason that goes into the trace."""

    reason: Paragraph
