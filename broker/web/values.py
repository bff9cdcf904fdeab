"""The values on the wire: what comes in is checked to the letter, instants leave in UTC."""

from datetime import UTC, datetime
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from broker.domain.errors import BrokerError
from broker.domain.time import TimeSpan, aware

FIRST_YEAR, LAST_YEAR = 1970, 2199  # beyond them arithmetic on instants overflows, and no camera has recorded
CODE = r"^[A-Za-z0-9_-]{1,40}$"


class In(BaseModel):
    """What a client sends: a member that is not asked for is refused, never dropped in silence."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, allow_inf_nan=False)


class Out(BaseModel):
    """What a client gets: written out member by member, so that nothing slips through."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def fault(error: BrokerError) -> PydanticCustomError:
    """Return a domain error in the form that the checks of a body collect, with its place below the field."""
    return refused(error.slug, error.pointer, **error.facts)


def refused(slug: str, pointer: str = "", **facts: object) -> PydanticCustomError:
    """Return the fault `slug` of a field, or of what lies at `pointer` below it."""
    # slug and facts become the sentence in problems; the template only serves a reader of logs
    return PydanticCustomError(slug, "refused", {"pointer": pointer, **{name: str(it) for name, it in facts.items()}})


def _instant(value: object) -> datetime:
    """Read ISO 8601 text with an offset; figures are refused, since nobody knows their unit."""
    if not isinstance(value, str):
        raise refused("field-time")
    try:
        read = datetime.fromisoformat(value.strip())
    except ValueError:
        raise refused("field-time") from None
    if not FIRST_YEAR < read.year <= LAST_YEAR:
        raise refused("time-out-of-range", first=FIRST_YEAR + 1, last=LAST_YEAR)
    try:
        return aware(read)
    except BrokerError as error:
        raise fault(error) from None


Instant = Annotated[datetime, BeforeValidator(_instant)]
Code = Annotated[str, StringConstraints(pattern=CODE)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Paragraph = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]
Remark = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000)]


class SpanIn(In):
    """A half-open span of time, [begin, end)."""

    begin: Instant
    end: Instant

    @model_validator(mode="after")
    def _forward(self) -> Self:
        span_of(self.begin, self.end)
        return self

    @property
    def span(self) -> TimeSpan:
        return TimeSpan(self.begin, self.end)


def span_of(begin: datetime, end: datetime) -> TimeSpan:
    """Return the span, or the fault that a body check collects."""
    try:
        return TimeSpan(begin, end)
    except BrokerError as error:
        raise fault(error) from None


class SpanOut(Out):
    """A half-open span of time in UTC."""

    begin: datetime
    end: datetime

    @classmethod
    def of(cls, span: TimeSpan) -> Self:
        return cls(begin=span.begin.astimezone(UTC), end=span.end.astimezone(UTC))

    @classmethod
    def maybe(cls, span: TimeSpan | None) -> Self | None:
        return None if span is None else cls.of(span)
