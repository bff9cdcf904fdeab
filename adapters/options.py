"""What pydantic says about the options of a source, turned into errors with a pointer and facts."""

from pydantic import ValidationError

from adapters.errors import InvalidOption, InvalidPattern, MissingOption, UnknownOption


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
