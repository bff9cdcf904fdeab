"""What is wrong with a request, field by field: where it stands, which rule, and the sentence for it."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError

from broker.locale import say
from broker.web.language import language_of
from broker.web.problems import MOST_TOLD, STATUS, problem

_JSON_TYPES = {
    "string_type": "string", "string_unicode": "string",
    "int_type": "integer", "int_parsing": "integer", "int_parsing_size": "integer", "int_from_float": "integer",
    "bool_type": "boolean", "bool_parsing": "boolean",
    "list_type": "array", "dict_type": "object", "model_type": "object", "model_attributes_type": "object",
}  # fmt: skip
_RULES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "missing": ("field-missing", {}),
    "extra_forbidden": ("field-unknown", {}),
    "string_too_short": ("text-too-short", {"min_length": "least"}),
    "string_too_long": ("text-too-long", {"max_length": "most"}),
    "string_pattern_mismatch": ("field-pattern", {"pattern": "pattern"}),
    "too_short": ("list-too-short", {"min_length": "least"}),
    "too_long": ("list-too-long", {"max_length": "most"}),
    "greater_than_equal": ("number-too-small", {"ge": "least"}),
    "greater_than": ("number-too-small", {"gt": "least"}),
    "less_than_equal": ("number-too-large", {"le": "most"}),
    "less_than": ("number-too-large", {"lt": "most"}),
    "literal_error": ("field-choice", {"expected": "allowed"}),
    "enum": ("field-choice", {"expected": "allowed"}),
    "uuid_parsing": ("field-uuid", {}),
    "uuid_type": ("field-uuid", {}),
}
"""pydantic's name of a rule -> our slug, and what its figures are called in the sentence."""


async def on_invalid_request(request: Request, error: Exception) -> Response:
    """Answer a request whose fields are wrong, naming each of them."""
    if not isinstance(error, RequestValidationError):
        raise error
    language = language_of(request)
    faults = error.errors()
    entries = [entry(fault, language) for fault in faults[:MOST_TOLD]]
    return problem(
        request, STATUS["invalid"], "request-invalid", say("request-invalid", language, count=len(faults)),
        kind="invalid", pointer=entries[0]["pointer"], errors=entries,
    )  # fmt: skip


def entry(fault: Mapping[str, Any], language: str) -> dict[str, str]:
    """Return one fault; what was sent is never sent back."""
    context: Mapping[str, Any] = fault.get("ctx") or {}
    rule = fault["type"]
    below, facts = "", dict[str, Any]()
    if rule in _RULES:
        slug, figures = _RULES[rule]
        facts = {ours: context.get(theirs, "") for theirs, ours in figures.items()}
    elif rule in _JSON_TYPES:
        slug, facts = "field-type", {"expected": _JSON_TYPES[rule]}
    elif "pointer" in context:  # a rule of our own, see values.refused
        slug, below, facts = rule, context["pointer"], dict(context)
    else:
        slug = "field-invalid"
    return {
        "pointer": _pointer(fault["loc"]) + below,
        "slug": slug,
        "detail": say(slug, language, **{name: it for name, it in facts.items() if name != "pointer"}),
    }


def _pointer(place: Sequence[str | int]) -> str:
    """Return a JSON pointer into the body (RFC 6901), or #query/name, #path/name, #header/name."""
    where, *parts = (str(part).replace("~", "~0").replace("/", "~1") for part in place)
    return "".join(f"/{part}" for part in parts) if where == "body" else "/".join((f"#{where}", *parts))
