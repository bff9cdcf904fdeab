"""Key frames of finished results, decoded in a child process as everything that came from a source is."""

import os
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel, TypeAdapter

from adapters.errors import AdapterBroken, DecoderCrashed
from adapters.supervision import running
from adapters.wire import Message, heard

_CHILD = "adapters.key_frames_child"
SHEET = "contact-sheet.jpg"


class Film(BaseModel):
    """One finished file in a folder: what it is, the instant of its first frame, and what to call it."""

    file: str
    media_type: str
    first: datetime
    title: str


class Shot(NamedTuple):
    """One key frame: of which film (counted from 0), as which file in the folder, shown at which instant."""

    film: int
    file: str
    instant: datetime


class FramesJob(BaseModel):
    """One errand for the child."""

    films: list[Film]
    zone: str
    memory_bytes: int
    parent: int


SHOTS = TypeAdapter(tuple[Shot, ...])


class KeyFrames:
    """Has the key frames of results taken out, within so much time and memory."""

    def __init__(self, deadline: timedelta, memory_bytes: int, zone: str) -> None:
        self._seconds = deadline.total_seconds()
        self._memory_bytes = memory_bytes
        self._zone = zone

    def take(self, films: Sequence[Film], folder: Path, aborted: Callable[[], bool]) -> tuple[Shot, ...]:
        """Write key frames and `SHEET` into the folder where the films lie, and return the frames.

        Raises:
            Aborted: `aborted` said so.
            AdapterError: the deadline passed, the memory did not suffice, or a decoder fell over a film.
        """
        job = FramesJob(films=list(films), zone=self._zone, memory_bytes=self._memory_bytes, parent=os.getpid())
        encoded = job.model_dump_json().encode()
        with running(
            _CHILD, encoded, folder=folder, seconds=self._seconds, silence=self._seconds, aborted=aborted
        ) as child:
            for line in child.lines():
                message = Message.model_validate_json(line)
                if "result" in message.model_fields_set:
                    return SHOTS.validate_python(message.result)
                if message.error is not None:
                    raise heard(message.error)
                if message.ended_by is not None:
                    raise DecoderCrashed(signal=message.ended_by)
        raise AdapterBroken(adapter="key frames", problem="its process ended without an answer")
