"""A server in between that hands every question on to a real one and keeps the answers, for tests/adapters/recorded."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from adapters.media.testcard import read_codes
from tests.adapters.replayed import key
from tests.adapters.web_server import Call, Reply, WebServer, serving

# What an adapter may look at; everything else of an answer's head is not worth keeping.
_HEADERS = ("content-type", "content-disposition", "accept-ranges", "etag", "last-modified", "location", "set-cookie")
_BEGINNING = 48


@contextmanager
def recording(real: str, target: Path) -> Iterator[WebServer]:
    """Serve what the server at `real` answers, and write all of it to `target` in the end."""
    kept: dict[str, Any] = {}
    with httpx.Client(trust_env=False, timeout=30) as client:

        def handed_on(call: Call) -> Reply:
            passed = {name: call.headers[name] for name in ("range", "if-range", "cookie") if name in call.headers}
            answer = client.request(
                call.method,
                real + call.path,
                params=dict(call.query),
                data=dict(call.form) or None,
                headers=passed,
            )
            client.cookies.clear()
            headers = {name: answer.headers[name] for name in _HEADERS if name in answer.headers}
            kept[key(call.method, call.path, call.query)] = {
                "status": answer.status_code,
                "headers": {name: value for name, value in headers.items() if name != "set-cookie"},
                **_body(answer),
            }
            return Reply(answer.content, answer.status_code, headers)

        with serving(handed_on) as running:
            yield running
    target.write_text(json.dumps(kept, ensure_ascii=False, indent=1, sort_keys=True) + "\n")


def _body(answer: httpx.Response) -> dict[str, Any]:
    """Return the body as it is kept: films by what is in them, secrets not at all."""
    if answer.headers.get("content-type", "").startswith("video/"):
        with TemporaryDirectory() as folder:
            file = Path(folder) / "film"
            file.write_bytes(answer.content)
            try:
                codes = read_codes(file)
            except Exception:  # noqa: BLE001 - whatever is wrong with a file that is still being written
                return {"bytes": base64.b64encode(answer.content[:_BEGINNING]).decode()}
        return {"media": {"begin": codes[0][1].instant.isoformat(), "frames": len(codes)}}
    try:
        told = answer.json()
    except ValueError:
        return {"text": answer.text[:1000]}
    if isinstance(told, dict):
        told = {name: "xxxx" if "token" in name and isinstance(value, str) else value for name, value in told.items()}
    return {"json": told}
