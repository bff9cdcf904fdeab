"""Looks at many channels of a source in one child: each question of each channel in a process of its own.

Starting a child costs more than most questions, so a source is asked about several channels at once. Whoever decodes
gives up the network for good, and may fall over what it decodes: each step is a fork that ends with its answer.
"""

import json
import os
import selectors
import signal
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from adapters.base import Capability, SourceAdapter
from adapters.errors import AdapterBroken, AdapterError, DecoderCrashed, NoRecording, SourceTimeout, UnreadableMedia
from adapters.media import still_between
from adapters.wrapping import only_adapter_errors
from broker.domain.footage.media import PictureFormat, SnapshotAsk, Treatment
from broker.domain.sources.point_looks import Look, LookAsk
from broker.domain.time import TimeSpan

APART = timedelta(minutes=1)
"""How far the two pictures of a recording lie apart."""

LIVE_APART = 3.0
"""The same of live ones, in seconds, at least."""

STEP_SECONDS = 15.0
"""How long one step may take; then it is ended and the channel has not answered."""

_SMALL = Treatment(longest_side=960)
_UNREADABLE = timedelta(minutes=2)  # how far before a file that is still being written there are whole ones
_SPANS = TypeAdapter(tuple[TimeSpan, ...])
_INSTANT = TypeAdapter(datetime)
_FIGURES = TypeAdapter(tuple[float, float | None, float | None])


def look(adapter: SourceAdapter, asks: Sequence[LookAsk], room: Path, alive: Callable[[], None]) -> tuple[Look, ...]:
    """Look at each channel; what goes wrong at one is told of that one alone.

    Of a live source first all first pictures are taken, then all second ones: they lie apart without waiting.
    """
    looks = [_Channel(adapter, ask, room / str(number)) for number, ask in enumerate(asks)]
    for each in looks:
        each.begin()
        alive()
    if adapter.live and asks:
        time.sleep(max(0.0, LIVE_APART - (time.monotonic() - looks[-1].begun)))
    for each in looks:
        each.end()
        alive()
    return tuple(each.found for each in looks)


class _Channel:
    """A look at one channel, in two parts."""

    def __init__(self, adapter: SourceAdapter, ask: LookAsk, room: Path) -> None:
        self._adapter, self._ask, self._room = adapter, ask, room
        self._first: Path | None = None
        self.found = Look(ask.channel)
        self.begun = time.monotonic()

    def begin(self) -> None:
        """Ask what is recorded; of a live source take the first picture."""
        try:
            if Capability.COVERAGE in self._adapter.capabilities:
                ask = self._ask
                spans = _apart(lambda: self._adapter.coverage(ask.channel, ask.span, ask.ahead), _SPANS)
                self.found = replace(self.found, recorded=spans)
            if self._ask.pictures and self._adapter.live:
                self._first, _ = self._picture("first", datetime.now(UTC))
        except NoRecording:
            pass
        except AdapterError as error:
            self.found = replace(self.found, fault=error.slug)
        self.begun = time.monotonic()

    def end(self) -> None:
        """Take the newest picture, of a recording also one before, and compare."""
        if self.found.fault or not self._ask.pictures or Capability.SNAPSHOT not in self._adapter.capabilities:
            return
        try:
            newest, at = self._live() if self._adapter.live else self._recorded()
            figures = self._compared(newest)
        except (NoRecording, UnreadableMedia):  # what is recorded was told; that there is no picture of it, too
            return
        except AdapterError as error:
            self.found = replace(self.found, fault=error.slug)
            return
        dark, moved, drift = figures
        self.found = replace(self.found, picture_at=at, dark=dark, moved=moved, drift=drift)

    def _live(self) -> tuple[Path, datetime]:
        return self._picture("newest", datetime.now(UTC))

    def _recorded(self) -> tuple[Path, datetime]:
        spans = self.found.recorded or ()
        if not spans:
            raise NoRecording
        last = spans[-1]
        try:
            newest, at = self._picture("newest", last.end - timedelta.resolution)
        except UnreadableMedia:
            if last.duration <= _UNREADABLE:
                raise
            newest, at = self._picture("newest", last.end - _UNREADABLE)
        if at - APART / 6 > last.begin:
            with suppress(NoRecording, UnreadableMedia):
                self._first, _ = self._picture("first", max(at - APART, last.begin))
        return newest, at

    def _picture(self, name: str, instant: datetime) -> tuple[Path, datetime]:
        folder = self._room / name
        folder.mkdir(parents=True, exist_ok=True)
        ask = SnapshotAsk(self._ask.channel, instant, _SMALL, PictureFormat.PNG, self._ask.ahead)
        at = _apart(lambda: self._adapter.snapshot(ask, folder).pieces[0].capture.first, _INSTANT)
        return folder / "picture.png", at

    def _compared(self, newest: Path) -> tuple[float, float | None, float | None]:
        def compare() -> tuple[float, float | None, float | None]:
            with self._adapter.at_work():
                return still_between(newest, self._first)

        figures: tuple[float, float | None, float | None] = _apart(compare, _FIGURES)
        return figures


def _apart(do: Callable[[], object], kind: TypeAdapter[Any]) -> Any:
    """Do something in a fork and return what it returned.

    Raises:
        AdapterError: as it raised it, or because it took too long or died.
    """
    from adapters.wire import heard, told  # noqa: PLC0415  # that module knows this one's answers

    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        _answer(do, kind, write, told)
    os.close(write)
    try:
        said = _heard(read, child)
    finally:
        os.close(read)
        _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        raise DecoderCrashed(signal=signal.Signals(os.WTERMSIG(status)).name)
    if said[:1] == b"+":
        return kind.validate_json(said[1:])
    if not said:
        raise AdapterBroken(adapter="look", problem="a step ended without an answer")
    raise heard(json.loads(said[1:]))


def _answer(do: Callable[[], object], kind: TypeAdapter[Any], write: int, told: Callable[..., dict[str, Any]]) -> None:
    """Write what came of it and leave without running anybody's clean-up."""
    try:
        try:
            with only_adapter_errors("look"):
                said = b"+" + kind.dump_json(kind.validate_python(do()))
        except AdapterError as error:
            if error.__cause__ is not None:
                traceback.print_exception(error.__cause__)
            said = b"-" + json.dumps(told(error, "look")).encode()
        left = memoryview(said)
        while left:
            left = left[os.write(write, left) :]
    finally:
        os._exit(0)


def _heard(read: int, child: int) -> bytes:
    """Return all that a fork writes; one that takes too long is killed.

    Raises:
        SourceTimeout: it took too long.
    """
    said, until = bytearray(), time.monotonic() + STEP_SECONDS
    with selectors.DefaultSelector() as selector:
        selector.register(read, selectors.EVENT_READ)
        while True:
            left = until - time.monotonic()
            if left <= 0 or not selector.select(left):
                os.kill(child, signal.SIGKILL)
                raise SourceTimeout(seconds=STEP_SECONDS)
            chunk = os.read(read, 65536)
            if not chunk:
                return bytes(said)
            said += chunk
