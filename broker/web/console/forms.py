"""What a form of a page brings, checked by the same models as the API's bodies, and what is told of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, TypeVar

from fastapi import Depends, Request
from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData

from broker.domain.errors import BrokerError, Invalid
from broker.locale import explain, say
from broker.web.bodies import check_text
from broker.web.problems import MOST_TOLD, STATUS
from broker.web.validation import entry

MOST_FIELDS = 4000
CSRF_FIELD = "csrf"
ONCE_FIELD = "once"
CODE_FIELD = "code"

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class Form:
    """The fields of a form as they came; a field may come more than once."""

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def one(self, name: str, default: str = "") -> str:
        """Return the first value of a field, trimmed of blanks around it."""
        return self.values[name][0].strip() if self.values.get(name) else default

    def all(self, name: str) -> tuple[str, ...]:
        return self.values.get(name, ())


def form_from(sent: FormData) -> Form:
    """Return the fields of a form; files are no fields.

    Raises:
        Invalid: text that no database holds.
    """
    values: dict[str, tuple[str, ...]] = {}
    for name, value in sent.multi_items():
        if isinstance(value, str):
            check_text(value, f"/{name[:80]}")
            # browsers end lines with CR LF
            values[name] = (*values.get(name, ()), value.replace("\r\n", "\n"))
    return Form(values)


async def form_of(request: Request) -> Form:
    """Return the form that the route has read."""
    found: Form = getattr(request.state, "form", Form())
    return found


FormDep = Annotated[Form, Depends(form_of)]


def checked(kind: type[Model], body: Mapping[str, object]) -> Model:
    """Return the body that a form makes, as the API would read it; raises ValidationError."""
    return kind.model_validate(dict(body))


@dataclass(frozen=True)
class Refusal:
    """Why a form was not carried out: the sentence above it, and those beside its fields, by JSON pointer."""

    status: int
    slug: str
    sentence: str
    fields: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    faults: tuple[tuple[str, str], ...] = ()
    """All that is wrong with a document that was read whole: where, and what."""

    @property
    def wants_code(self) -> bool:
        """Whether the second factor, shown now, would help."""
        return bool({"mfa_fresh", "mfa_met"} & set(self.missing)) or self.slug == "wrong-code"

    def of(self, pointer: str) -> str:
        """Return what is wrong with a field, or with what lies below it."""
        return next((told for place, told in self.fields.items() if f"{place}/".startswith(f"{pointer}/")), "")


def refusal_of(error: BrokerError | ValidationError, language: str) -> Refusal:
    """Return what is told of an error of a form."""
    if isinstance(error, ValidationError):
        faults = [entry({**fault, "loc": ("body", *fault["loc"])}, language) for fault in error.errors()[:MOST_TOLD]]
        sentence = say("request-invalid", language, count=error.error_count())
        return Refusal(STATUS["invalid"], "request-invalid", sentence, {it["pointer"]: it["detail"] for it in faults})
    told = explain(error, language)
    fields = {error.pointer: told} if error.pointer and isinstance(error, Invalid) else {}
    within = tuple((fault.pointer, explain(fault, language)) for fault in error.faults[:MOST_TOLD])
    return Refusal(STATUS.get(error.kind, 500), error.slug, told, fields, error.missing, within)
