"""From an RFC 9457 problem back to the error it was made of, with the sentence the server chose."""

from collections.abc import Mapping
from typing import Any

import httpx

from broker.domain.errors import (
    BrokerError,
    Conflict,
    Forbidden,
    Invalid,
    SourceFault,
    Throttled,
    TooLarge,
    Unauthenticated,
    Unavailable,
    Unknown,
)

_BY_STATUS: Mapping[int, type[BrokerError]] = {
    401: Unauthenticated,
    403: Forbidden,
    404: Unknown,
    409: Conflict,
    413: TooLarge,
    429: Throttled,
    502: SourceFault,
    503: Unavailable,
}
_FAULT_OF_SERVER = 500


def error_of(response: httpx.Response) -> BrokerError:
    """Return the error behind an answer that is none of success; call it with the body read."""
    told = _members(response)
    kind = _BY_STATUS.get(response.status_code, Unavailable if response.status_code >= _FAULT_OF_SERVER else Invalid)
    if not told:  # a proxy on the way, or no server of ours at all
        return Unavailable("server-strange", url=str(response.url.copy_with(query=None)), status=response.status_code)
    facts = {**told.get("facts", {}), "said": _sentence(told)}
    missing = tuple(str(name) for name in told.get("missing", ()))
    return kind(str(told.get("slug", "refused")), pointer=str(told.get("pointer", "")), missing=missing, **facts)


def _members(response: httpx.Response) -> dict[str, Any]:
    if not response.headers.get("content-type", "").startswith("application/problem+json"):
        return {}
    try:
        told = response.json()
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _sentence(told: Mapping[str, Any]) -> str:
    """Return the detail, with the first faults of single fields where there are some."""
    details = [f"{fault.get('pointer', '')}: {fault.get('detail', '')}" for fault in told.get("errors", ())[:3]]
    number = f" [{told['request_id']}]" if told.get("slug") == "unexpected" and told.get("request_id") else ""
    return " ".join([str(told.get("detail") or told.get("title") or told.get("slug")), *details]) + number
