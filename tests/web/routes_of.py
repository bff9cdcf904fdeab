"""All routes of the application, as its own description tells them, with paths that fit."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from fastapi import FastAPI

PUBLIC = {
    ("POST", "/api/v1/sessions"): "signing in",
    ("GET", "/api/v1/problems/{slug}"): "explains a problem, knows nothing else",
    ("GET", "/health/live"): "for whoever watches the program",
    ("GET", "/health/ready"): "for whoever watches the program",
}
"""The routes that ask for no sign-in, each with its reason."""

UNDESCRIBED = {"/openapi.json", "/docs", "/redoc", "/docs-assets"}
"""What is served and not part of the API: the description itself and its pages."""

EXAMPLES = {
    "key": str(UUID(int=1)),
    "code": "archive",
    "slug": "stale-revision",
    "department": "dh-hb",
    "name": "local_files",
    "role": "requester",
    "version": "0",
    "position": "1",
    "z": "3",
    "x": "6",
    "y": "3",
}


def operations(app: FastAPI) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield (method, path, operation) for every route in the description."""
    for path, methods in app.openapi()["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def filled(path: str) -> str:
    """Return the path with something that fits in place of its parameters."""
    return re.sub(r"\{(\w+)\}", lambda name: EXAMPLES[name[1]], path)
