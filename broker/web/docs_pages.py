"""The documentation pages, with the assets that come with the program: no browser asks another host for them."""

import base64
import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping
from importlib.resources import files

from fastapi import FastAPI
from fastapi.openapi.docs import get_redoc_html, get_swagger_ui_html
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

ASSETS = "/docs-assets"
OPENAPI = "/openapi.json"
_INLINE_SCRIPT = re.compile(rb"<script>(.*?)</script>", re.DOTALL)


def add_docs(app: FastAPI) -> Mapping[str, str]:
    """Add the pages to the application and return the content security policy of each."""
    app.mount(ASSETS, StaticFiles(directory=str(files("fastapi_offline").joinpath("static"))), name="docs-assets")
    pages = {"/docs": _swagger(app.title), "/redoc": _redoc(app.title)}
    for path, page in pages.items():
        app.add_api_route(path, _serving(page), include_in_schema=False, name=path.strip("/"))
    return {path: _policy(bytes(page.body)) for path, page in pages.items()}


def _serving(page: HTMLResponse) -> Callable[[], Awaitable[HTMLResponse]]:
    async def serve() -> HTMLResponse:
        return HTMLResponse(page.body)

    return serve


def _swagger(title: str) -> HTMLResponse:
    return get_swagger_ui_html(
        openapi_url=OPENAPI,
        title=title,
        swagger_js_url=f"{ASSETS}/swagger-ui-bundle.js",
        swagger_css_url=f"{ASSETS}/swagger-ui.css",
        swagger_favicon_url=f"{ASSETS}/favicon.png",
        oauth2_redirect_url=None,
        swagger_ui_parameters={"validatorUrl": None},  # else the page asks a public validator for its opinion
    )


def _redoc(title: str) -> HTMLResponse:
    return get_redoc_html(
        openapi_url=OPENAPI,
        title=title,
        redoc_js_url=f"{ASSETS}/redoc.standalone.js",
        redoc_favicon_url=f"{ASSETS}/favicon.png",
        with_google_fonts=False,
    )


def _policy(page: bytes) -> str:
    """Allow exactly the inline script that starts the page; both tools write styles into the page as they run."""
    hashes = (base64.b64encode(hashlib.sha256(script).digest()).decode() for script in _INLINE_SCRIPT.findall(page))
    scripts = " ".join(("'self'", *(f"'sha256-{each}'" for each in hashes)))
    return (
        f"default-src 'self'; script-src {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
        " worker-src 'self' blob:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
    )
