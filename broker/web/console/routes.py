"""The routes of pages: who calls is asked first, a write has to come from a form of ours, and is carried out once."""

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.routing import APIRoute

from broker.domain.errors import Invalid
from broker.web.auth import SAFE, authenticate, require_same_origin, signed_in
from broker.web.console.forms import CSRF_FIELD, MOST_FIELDS, ONCE_FIELD, form_from
from broker.web.idempotency import once
from broker.web.routes import check_query, depends_on, query_names

FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class PageRoute(APIRoute):
    """Reads a form before anybody asks for it, and refuses one that did not come from a page of this session."""

    def get_route_handler(self) -> Handler:
        handler = super().get_route_handler()
        known = query_names(self.dependant)
        signed = depends_on(self.dependant, signed_in)

        async def page(request: Request) -> Response:
            check_query(request, known)
            if request.method not in SAFE:
                require_same_origin(request)
                await _read(request)
            if signed:
                await run_in_threadpool(authenticate, request)
            return await self.answer(request, handler)

        return page

    async def answer(self, request: Request, handler: Callable[[Request], Awaitable[Response]]) -> Response:
        """Carry the call out."""
        return await handler(request)


class OncePageRoute(PageRoute):
    """A page whose form is carried out once, however often it is sent; its answers hold no secret."""

    async def answer(self, request: Request, handler: Callable[[Request], Awaitable[Response]]) -> Response:
        """Carry the call out, or send the browser where it was sent before."""
        if request.method in SAFE:
            return await handler(request)
        return await once(request, handler)


async def _read(request: Request) -> None:
    """Read the form, its tokens first of all."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in FORMS:
        raise Invalid("body-media-type", pointer="#header/Content-Type", expected=min(FORMS))
    form = form_from(await request.form(max_files=0, max_fields=MOST_FIELDS))
    request.state.form = form
    request.state.csrf_given = form.one(CSRF_FIELD)
    request.state.once_given = form.one(ONCE_FIELD) or None
