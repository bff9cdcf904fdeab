"""The routes of the API: what no parameter takes is refused, and a write is carried out once a key."""

from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from fastapi import Request, Response, params
from fastapi.concurrency import run_in_threadpool
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from broker.domain.errors import Invalid
from broker.services.people.sign_in import TOKEN_PREFIX
from broker.web.auth import SAFE, authenticate, signed_in
from broker.web.bodies import ReadRequest, check_text, read_json
from broker.web.idempotency import once

TOKEN_NAMES = frozenset({"token", "access_token", "api_key", "apikey", "authorization"})

FORM = "multipart/form-data"
JSON = "application/json"

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class StrictRoute(APIRoute):
    """Asks who calls before it reads, refuses unknown or repeated query parameters, and reads JSON strictly."""

    def get_route_handler(self) -> Handler:
        handler = super().get_route_handler()
        known = query_names(self.dependant)
        signed = depends_on(self.dependant, signed_in)
        taken = media_type_of(self.body_field and self.body_field.field_info)

        async def strict(request: Request) -> Response:
            check_query(request, known)
            if signed:
                await run_in_threadpool(authenticate, request)
            return await self.answer(await _read(request, taken), handler)

        return strict

    async def answer(self, request: Request, handler: Callable[[Request], Awaitable[Response]]) -> Response:
        """Carry the call out."""
        return await handler(request)


class OnceRoute(StrictRoute):
    """A strict route whose writes honour an Idempotency-Key."""

    async def answer(self, request: Request, handler: Callable[[Request], Awaitable[Response]]) -> Response:
        """Carry the call out, or replay what it was answered before."""
        if request.method in SAFE:
            return await handler(request)
        return await once(request, handler)


def query_names(dependant: Dependant) -> frozenset[str]:
    """Return the query parameters of an endpoint and of all it depends on."""
    own = {parameter.alias for parameter in dependant.query_params}
    return frozenset(own.union(*(query_names(below) for below in dependant.dependencies)))


def depends_on(dependant: Dependant, call: Callable[..., object]) -> bool:
    """Say whether an endpoint, or something it depends on, asks for `call`."""
    return dependant.call is call or any(depends_on(below, call) for below in dependant.dependencies)


def check_query(request: Request, known: frozenset[str], many: frozenset[str] = frozenset()) -> None:
    """Refuse what would be dropped in silence, and secrets in URLs, which end up in every log on the way.

    `known` are the parameters there are, `many` those of them that may come more than once.

    Raises:
        Invalid: a parameter is a token, unknown, given twice, or holds text that cannot be stored.
    """
    pairs = request.query_params.multi_items()
    for name, value in pairs:
        if name.lower() in TOKEN_NAMES or value.startswith(TOKEN_PREFIX):
            raise Invalid("token-in-url")
    for name, count in Counter(name for name, _ in pairs).items():
        if name not in known:
            raise Invalid("query-unknown", pointer=_place(name), allowed=", ".join(sorted(known)) or "-")
        if count > 1 and name not in many:
            raise Invalid("query-twice", pointer=_place(name))
    for name, value in pairs:
        check_text(value, _place(name))


def _place(name: str) -> str:
    return f"#query/{name[:80]}"


def media_type_of(body: object) -> str:
    """Return what an endpoint takes as its body: JSON, a form with files, or nothing."""
    if body is None:
        return ""
    return FORM if isinstance(body, params.Form) else JSON


async def _read(request: Request, taken: str) -> ReadRequest:
    """Return the request with its JSON read; a form is left to the framework, which keeps files on disk."""
    read = ReadRequest(request.scope, request.receive)
    if request.method in SAFE:
        return read
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if taken == kind == FORM:
        return read
    wrong = Invalid("body-media-type", pointer="#header/Content-Type", expected=taken or JSON)
    if FORM in {taken, kind}:  # refused before it is read: a form may be large, and only memory is there to hold it
        raise wrong
    body = await read.body()
    if body and kind != JSON:
        raise wrong
    read.document = read_json(body) if body else None
    if read.document and not taken:
        raise Invalid("body-unexpected")
    return read
