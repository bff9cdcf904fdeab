"""Answers that real servers gave, kept in `recorded/*.json` and given again; footage is made anew at the same instants.

How they were recorded: tests/upstreams. A question is known by its path and its fields, without what a login gave.
"""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from adapters.media.recorder import Recorder, Style
from adapters.media.testcard import Code
from broker.domain.time import TimeSpan
from tests.adapters.web_server import Call, Reply

RECORDED = Path(__file__).parent / "recorded"
STYLE = Style(fps=10, size=(320, 180), gop=40)
CARRIED = {"token"}
CAMERA = "street"
_PICTURE = timedelta(seconds=1 / STYLE.fps)


@dataclass(frozen=True)
class Film:
    """What a file holds: so many pictures of a camera, ten a second."""

    begin: datetime
    frames: int
    codec: str = "h264"
    camera: str = CAMERA


Change = Callable[[Call, Film], Film]


def key(method: str, path: str, query: Mapping[str, str]) -> str:
    """Return what one question is told from another by."""
    fields = [f"{name}={value}" for name, value in sorted(query.items()) if name not in CARRIED]
    return f"{method} {path}?{'&'.join(fields)}"


class Replay:
    """Gives the answers of one recorded server again; `change` says what else than it had recorded is in a file."""

    def __init__(self, name: str, folder: Path, change: Change = lambda _, film: film) -> None:
        self._told: dict[str, Any] = json.loads((RECORDED / f"{name}.json").read_text())
        self._name, self._folder, self._change = name, folder, change

    def changed(self, change: Change) -> "Replay":
        return Replay(self._name, self._folder, change)

    def __call__(self, call: Call) -> Reply:
        told = self._told.get(key(call.method, call.path, call.query))
        if told is None:
            return Reply(key(call.method, call.path, call.query).encode(), 599)
        if "media" in told:
            begin, frames = datetime.fromisoformat(told["media"]["begin"]), told["media"]["frames"]
            body = recorded(self._folder, self._change(call, Film(begin, frames)))
        elif "bytes" in told:
            body = base64.b64decode(told["bytes"])
        else:
            body = json.dumps(told["json"]).encode() if "json" in told else told["text"].encode()
        return Reply(body, told["status"], told["headers"])


@lru_cache
def recorded(folder: Path, film: Film) -> bytes:
    """Return a file; the pictures of the one camera are numbered from midnight, those of others from an hour before."""
    span = TimeSpan(film.begin, film.begin + film.frames * _PICTURE)
    first = _midnight(film.begin) - timedelta(hours=film.camera != CAMERA)
    style = replace(STYLE, codec=film.codec)
    recorder = Recorder(folder, film.camera, film.camera, TimeSpan(first, span.end), style)
    return recorder.write(span).read_bytes()


def pictures(span: TimeSpan) -> list[Code]:
    """Return what the camera, which never stops, took in a span."""
    midnight = _midnight(span.begin)
    numbers = range(-(-(span.begin - midnight) // _PICTURE), -(-(span.end - midnight) // _PICTURE))
    return [Code(number, midnight + number * _PICTURE) for number in numbers]


def _midnight(instant: datetime) -> datetime:
    return instant.replace(hour=0, minute=0, second=0, microsecond=0)
