"""All routes of the application, as its own description tells them, with paths that fit."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from fastapi import FastAPI
from fastapi.routing import APIRoute

from broker.web.console.wiring import ROUTERS

PUBLIC = {
    ("POST", "/api/v1/sessions"): "signing in",
    ("GET", "/api/v1/problems/{slug}"): "explains a problem, knows nothing else",
    ("GET", "/auth/oidc/start"): "the way to another house",
    ("GET", "/auth/oidc/callback"): "the way back from there",
    ("GET", "/api/v1/invites/{token}"): "for who holds the link and has no password yet",
    ("POST", "/api/v1/invites/{token}"): "as above",
    ("GET", "/health/live"): "for whoever watches the program",
    ("GET", "/health/ready"): "for whoever watches the program",
}
"""The routes that ask for no sign-in, each with its reason."""

UNDESCRIBED = {"/openapi.json", "/docs", "/redoc", "/docs-assets"}
"""What is served and not part of the API: the description itself and its pages."""

PUBLIC_PAGES = {
    ("GET", "/sign-in"): "where one signs in",
    ("POST", "/sign-in"): "signing in",
    ("GET", "/invite/{token}"): "for whoever has the link",
    ("POST", "/invite/{token}"): "the first password of whoever has the link",
    ("POST", "/language"): "in which language to sign in",
    ("GET", "/favicon.ico"): "a picture",
    ("GET", "/assets/{name}"): "scripts and styles",
}
"""The pages that ask for no sign-in, each with its reason."""

EXAMPLES = {
    "act": "revoke",
    "item": str(UUID(int=2)),
    "key": str(UUID(int=1)),
    "code": "archive",
    "token": "made-up",
    "identity": str(UUID(int=2)),
    "session": "abc",
    "slug": "stale-revision",
    "department": "dh-hb",
    "division": "990102",
    "field": "grid",
    "name": "local_files",
    "role": "requester",
    "version": "0",
    "position": "1",
    "number": "1",
    "decision": "accept",
    "what": "request",
    "z": "3",
    "x": "6",
    "y": "3",
}


def operations(app: FastAPI) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield (method, path, operation) for every route in the description."""
    for path, methods in app.openapi()["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def page_routes() -> Iterator[tuple[str, str]]:
    """Yield (method, path) for every page of the console, which no description tells of."""
    for router in ROUTERS:
        for route in router.routes:
            if isinstance(route, APIRoute):
                for method in sorted(route.methods or ()):
                    yield method, route.path


def filled(path: str) -> str:
    """Return the path with something that fits in place of its parameters."""
    return re.sub(r"\{(\w+)\}", lambda name: EXAMPLES[name[1]], path)
