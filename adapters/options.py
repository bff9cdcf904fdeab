"""What pydantic says about the options of a source, turned into errors with a pointer and facts."""

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints, ValidationError

from adapters.errors import InvalidOption, InvalidPattern, MissingOption, UnknownOption
from broker.domain.catalog.gb_code import parse
from broker.domain.errors import Invalid


def _gb_code(text: str) -> str:
    try:
        return str(parse(text))
    except Invalid as error:
        raise ValueError(f"{error.slug}: {error.facts['allowed']}") from None


Codes = Annotated[dict[str, Annotated[str, AfterValidator(_gb_code)]], Field(max_length=10_000)]
"""By channel: the 20-digit code of GB/T 28181, for a source that cannot tell it itself."""

VendorIds = Annotated[
    dict[str, Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]],
    Field(max_length=10_000),
]
"""By channel: what its maker, or whoever keeps the list, knows it by."""


def option_error(error: ValidationError, known: tuple[str, ...]) -> InvalidOption:
    """Return the first complaint as an InvalidOption; the value itself is never told, it may be a password."""
    complaint = error.errors(include_url=False, include_input=False)[0]
    path = [str(step).replace("~", "~0").replace("/", "~1") for step in complaint["loc"]]
    pointer = "".join(f"/{step}" for step in path)
    option = str(complaint["loc"][0]) if path else ""
    match complaint["type"]:
        case "missing":
            return MissingOption(pointer=pointer, option=option)
        case "extra_forbidden":
            return UnknownOption(pointer=pointer, option=option, known=", ".join(known))
        case InvalidPattern.SLUG:
            part = complaint.get("ctx", {}).get("part", "")
            return InvalidPattern(pointer=pointer, option=option, part=part)
        case _:
            return InvalidOption(pointer=pointer, option=option, reason=complaint["msg"])
