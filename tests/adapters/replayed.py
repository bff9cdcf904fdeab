"""Answers that real servers gave, kept in `recorded/*.json` and given again; footage is made anew at the same instants.

How they were recorded: tests/upstreams. A question is known by its path and its fields, without what a login gave.
"""

import base64
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from adapters.media.recorder import Recorder, Style
from broker.domain.time import TimeSpan
from tests.adapters.web_server import Call, Reply

RECORDED = Path(__file__).parent / "recorded"
STYLE = Style(fps=10, size=(320, 180), gop=40)
CARRIED = {"token"}


def key(method: str, path: str, query: Mapping[str, str]) -> str:
    """Return what one question is told from another by."""
    fields = [f"{name}={value}" for name, value in sorted(query.items()) if name not in CARRIED]
    return f"{method} {path}?{'&'.join(fields)}"


class Replay:
    """Gives the answers of one recorded server again."""

    def __init__(self, name: str, folder: Path) -> None:
        self._told: dict[str, Any] = json.loads((RECORDED / f"{name}.json").read_text())
        self._folder = folder
        self.made: dict[str, TimeSpan] = {}

    def __call__(self, call: Call) -> Reply:
        told = self._told.get(key(call.method, call.path, call.query))
        if told is None:
            return Reply(key(call.method, call.path, call.query).encode(), 599)
        if "media" in told:
            body = film(self._folder, datetime.fromisoformat(told["media"]["begin"]), told["media"]["frames"])
        elif "bytes" in told:
            body = base64.b64decode(told["bytes"])
        else:
            body = json.dumps(told["json"]).encode() if "json" in told else told["text"].encode()
        return Reply(body, told["status"], told["headers"])


@lru_cache
def film(folder: Path, begin: datetime, frames: int) -> bytes:
    """Return a file of so many pictures, ten a second."""
    length = timedelta(seconds=frames / STYLE.fps)
    midnight = begin.replace(hour=0, minute=0, second=0, microsecond=0)
    recorder = Recorder(folder, "street", "street", TimeSpan(midnight, begin + length), STYLE)
    return recorder.write(TimeSpan(begin, begin + length)).read_bytes()
