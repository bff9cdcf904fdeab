"""The routes of pages: who calls is asked first, a write has to come from a form of ours, and is carried out once."""

from collections.abc import Awaitable, Callable, Coroutine
from typing import Annotated, Any, ClassVar

from fastapi import Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.routing import APIRoute
from starlette.datastructures import FormData, UploadFile

from broker.domain.errors import Invalid
from broker.web.auth import SAFE, authenticate, require_same_origin, require_session, signed_in
from broker.web.console.forms import CSRF_FIELD, MOST_FIELDS, ONCE_FIELD, form_from
from broker.web.idempotency import once
from broker.web.routes import check_query, depends_on, query_names

FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class PageRoute(APIRoute):
    """Reads a form before anybody asks for it, and refuses one that did not come from a page of this session."""

    files: ClassVar[int] = 0
    """How many files a form may bring."""

    many: ClassVar[frozenset[str]] = frozenset()
    """Query parameters that may come more than once."""

    def get_route_handler(self) -> Handler:
        handler = super().get_route_handler()
        known = query_names(self.dependant)
        signed = depends_on(self.dependant, signed_in)

        async def page(request: Request) -> Response:
            check_query(request, known, self.many)
            if request.method not in SAFE:
                require_same_origin(request)
                if self.files:  # a stranger's file is not taken in at all
                    await run_in_threadpool(require_session, request)
                await _read(request, self.files)
            try:
                if signed:
                    await run_in_threadpool(authenticate, request)
                return await self.answer(request, handler)
            finally:
                await request.close()  # a file that came with the form

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


class UploadPageRoute(OncePageRoute):
    """A page whose form brings a file; the framework keeps a large one on disk while it comes."""

    files = 1


async def _read(request: Request, files: int) -> None:
    """Read the form, its tokens first of all."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in FORMS:
        raise Invalid("body-media-type", pointer="#header/Content-Type", expected=min(FORMS))
    sent = await request.form(max_files=files, max_fields=MOST_FIELDS)
    form = form_from(sent)
    request.state.form = form
    request.state.upload = _upload(sent)
    request.state.csrf_given = form.one(CSRF_FIELD)
    request.state.once_given = form.one(ONCE_FIELD) or None


def _upload(sent: FormData) -> UploadFile | None:
    """Return the file of a form; a field for one that was left empty brings a file without a name."""
    return next((it for _, it in sent.multi_items() if isinstance(it, UploadFile) and it.filename), None)


async def upload_of(request: Request) -> UploadFile | None:
    """Return the file that the route has read, None where none was chosen."""
    found: UploadFile | None = getattr(request.state, "upload", None)
    return found


UploadDep = Annotated[UploadFile | None, Depends(upload_of)]
