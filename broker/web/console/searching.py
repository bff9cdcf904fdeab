"""What somebody typed to search: blanks are nothing, instants are those of the house, refusals stand beside it."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from urllib.parse import urlencode

from pydantic import ValidationError

from broker.domain.errors import Invalid, Unknown
from broker.web.console.forms import Form, Model, Refusal, checked, refusal_of
from broker.web.console.screen import Screen

Found = TypeVar("Found")

INSTANTS = ("from", "to")


@dataclass(frozen=True)
class Answer(Generic[Found]):
    """What a search found, or why it was refused; `form` holds what was typed, `asked` the same as the API takes it."""

    form: Form
    found: Found | None
    refusal: Refusal | None = None
    typed: Mapping[str, str] = field(default_factory=dict)
    asked: Mapping[str, str] = field(default_factory=dict)

    @property
    def query(self) -> str:
        """The search as an address has it, without what was left blank."""
        return urlencode(self.typed)


def typed_in(**fields: str) -> dict[str, str]:
    """Return the fields that hold something, by name; a name that Python keeps for itself has a stroke behind it."""
    return {name.removesuffix("_"): value.strip() for name, value in fields.items() if value.strip()}


def answer(
    screen: Screen, typed: Mapping[str, str], kind: type[Model], look: Callable[[Model], Found],
    instants: Collection[str] = INSTANTS,
) -> Answer[Found]:  # fmt: skip
    """Check what was typed with `kind` and look for it; what nobody can find is told beside the form, with 422.

    `instants` are the fields that hold day and time as the clock of the house shows them.
    """
    form = Form({name: (value,) for name, value in typed.items()})
    read = {name: screen.instants.read(value) if name in instants else value for name, value in typed.items()}
    try:
        return Answer(form, look(checked(kind, read)), typed=typed, asked=read)
    except (ValidationError, Invalid, Unknown) as error:
        told = refusal_of(error, screen.language)
        return Answer(form, None, Refusal(422, told.slug, told.sentence, told.fields), typed, read)
