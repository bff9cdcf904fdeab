"""Addresses of lists: a form sends what was left empty too, and the address of the list leaves it out."""

from urllib.parse import urlencode

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from broker.web.auth import SAFE
from broker.web.console.routes import Handler, PageRoute


class LeanPageRoute(PageRoute):
    """Sends the browser on to the address without what was left empty, before anything is read from it."""

    def get_route_handler(self) -> Handler:
        handler = super().get_route_handler()

        async def lean(request: Request) -> Response:
            sent = request.query_params.multi_items()
            if request.method not in SAFE or all(value for _, value in sent):
                return await handler(request)
            kept = urlencode([(name, value) for name, value in sent if value])
            return RedirectResponse(f"{request.url.path}?{kept}" if kept else request.url.path, 303)

        return lean
