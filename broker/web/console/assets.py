"""Scripts, styles and pictures: names with a hash, kept by browsers for a year, sent as they were compressed."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from mimetypes import guess_type
from pathlib import Path

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse

from broker.domain.errors import Unknown

PREFIX = "/assets"
FOLDER = Path(str(files("broker.web").joinpath("static", "dist")))
FOREVER = "public, max-age=31536000, immutable"
ENCODINGS = (("br", ".br"), ("gzip", ".gz"))

router = APIRouter()


@cache
def manifest() -> Mapping[str, str]:
    """Return name -> name with its hash; empty where the console was not bundled (docs/console.md)."""
    try:
        found: dict[str, str] = json.loads((FOLDER / "manifest.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return found


def asset(name: str) -> str:
    """Return where a browser finds an asset; empty where it is not there."""
    hashed = manifest().get(name)
    return f"{PREFIX}/{hashed}" if hashed else ""


@router.get(PREFIX + "/{name}")
def read_asset(name: str, request: Request) -> Response:
    """Send a file of the bundle, in the best form the browser takes; nothing else has a name here."""
    if name not in manifest().values():
        raise Unknown("unknown-route", path=request.scope["path"])
    tag = f'"{name}"'
    headers = {"Cache-Control": FOREVER, "ETag": tag, "Vary": "Accept-Encoding"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    accepted = {part.split(";")[0].strip() for part in request.headers.get("accept-encoding", "").split(",")}
    media_type = guess_type(name)[0] or "application/octet-stream"
    for encoding, suffix in ENCODINGS:
        if encoding in accepted:
            return FileResponse(FOLDER / f"{name}{suffix}", headers=headers | {"Content-Encoding": encoding},
                                media_type=media_type)  # fmt: skip
    return FileResponse(FOLDER / name, headers=headers, media_type=media_type)
