"""The only door to sources for the rest of the program: every question goes to a child process that may be killed."""

import logging
import os
import re
import stat
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import PydanticSerializationError

from adapters.answers import FILE_NAME, KEPT_NAME
from adapters.base import Capability
from adapters.errors import Aborted, AdapterBroken, AdapterError, DecoderCrashed, InvalidOption, NoSpace, OutOfMemory
from adapters.registry import load
from adapters.supervision import Child, running
from adapters.wire import ANSWERS, RESULTS, Call, Job, Message, heard
from adapters.wrapping import system_error
from broker.domain.footage.media import Ask, ClipAsk, Fetched, Kept, Point, Probe, SnapshotAsk
from broker.domain.sources.point_looks import Look, LookAsk
from broker.domain.time import TimeSpan

_log = logging.getLogger(__name__)
_SANDBOX = "adapters.sandbox"
_MEGABYTE = 1024 * 1024
_SHORTEST_SECRET = 4
_LOOK = timedelta(seconds=20)  # for one channel, and once more for the start of the child
# Standard error of a child that native code ended for want of memory holds one of these.
_NO_MEMORY = (b"bad_alloc", b"Cannot allocate memory", b"MemoryError")


class Gateway:
    """Asks sources through their adapters, each time in a child process group that ends with the call.

    Every method raises AdapterError and nothing else of the adapter's making.

    Args:
        deadline: for `fetch`, by wall clock.
        memory_bytes: address space of a child; 512 MiB suffices for 1080p, 1 GiB leaves room.
        answer_deadline: for questions that move no footage: probe, points, coverage.
        silence: how long a fetch may go on without any progress.
        turns: files whose locks are held while pictures are coded, as many as may do that at once; none: no limit.
        face_model: the file with the weights of the face detector; None: those of the package, if it is there.
    """

    def __init__(
        self,
        deadline: timedelta,
        memory_bytes: int,
        *,
        answer_deadline: timedelta = timedelta(seconds=60),
        silence: timedelta = timedelta(seconds=60),
        turns: Sequence[Path] = (),
        face_model: Path | None = None,
    ) -> None:
        self._deadline = deadline
        self._silence = silence
        self._turns = tuple(str(file) for file in turns)
        self._face_model = str(face_model.absolute()) if face_model else ""
        self._memory_bytes = memory_bytes
        self._answer_deadline = min(answer_deadline, deadline)

    def fetch(
        self,
        adapter: str,
        options: Mapping[str, object],
        ask: Ask,
        folder: Path,
        *,
        on_progress: Callable[[float], None],
        aborted: Callable[[], bool],
    ) -> Fetched:
        """Fetch a snapshot or a clip; its files are in `folder` only when all of them are whole.

        Args:
            adapter: the name of an installed adapter.
            options: the options of the source, secrets included; plain JSON values.
            ask: what to fetch, and what is done to the pictures.
            folder: exists. Work is done in a folder `.fetch-*` in it, which only a kill -9 of this very process can
                leave behind.
            on_progress: told the seconds of footage done, about twice a second of footage.
            aborted: asked every 50 ms; when true the child and its descendants are killed.

        Raises:
            Aborted: `aborted` said so.
            SourceTimeout: the deadline passed.
            NoRecording: nothing is recorded there; `nearby` tells what is.
            AdapterError: anything else, see `adapters.errors`.
        """
        call = Capability.SNAPSHOT if isinstance(ask, SnapshotAsk) else Capability.CLIP
        with (
            _own_disk(),
            tempfile.TemporaryDirectory(prefix=".fetch-", dir=folder, ignore_cleanup_errors=True) as place,
        ):
            errand = _Errand(Path(place), self._deadline, self._silence, on_progress, aborted)
            fetched: Fetched = self._asked(errand, call, adapter, options, ask)
            if aborted():
                raise Aborted
            _hand_over(adapter, [piece.file for piece in fetched.pieces], FILE_NAME, errand.results, folder)
        if isinstance(ask, ClipAsk):
            on_progress(ask.span.seconds)
        return fetched

    def keep(
        self,
        adapter: str,
        options: Mapping[str, object],
        ask: ClipAsk,
        folder: Path,
        *,
        on_progress: Callable[[float], None],
        aborted: Callable[[], bool],
    ) -> Kept:
        """Fetch the recorded files that hold a span, as they are; arguments and errors as for `fetch`."""
        with (
            _own_disk(),
            tempfile.TemporaryDirectory(prefix=".keep-", dir=folder, ignore_cleanup_errors=True) as place,
        ):
            errand = _Errand(Path(place), self._deadline, self._silence, on_progress, aborted)
            kept: Kept = self._asked(errand, "keep", adapter, options, ask)
            if aborted():
                raise Aborted
            files = dict.fromkeys(it.file for it in kept.files)
            _hand_over(adapter, tuple(files), KEPT_NAME, errand.results, folder)
        return kept

    def look(self, adapter: str, options: Mapping[str, object], asks: Sequence[LookAsk]) -> tuple[Look, ...]:
        """Return for each ask, in their order, how the channel is; no picture leaves the child.

        What is wrong with one channel stands in its own answer; an error here is about all of them.
        """
        seconds = _LOOK.total_seconds() * (1 + len(asks))
        with tempfile.TemporaryDirectory(prefix="xueliang-", ignore_cleanup_errors=True) as place:
            whole = timedelta(seconds=seconds)
            errand = _Errand(Path(place), whole, whole, lambda _: None, lambda: False)
            looks: tuple[Look, ...] = self._asked(errand, "look", adapter, options, None, tuple(asks))
        if [each.channel for each in looks] != [each.channel for each in asks]:
            raise AdapterBroken(adapter=adapter, problem="looks at other channels")
        return looks

    def is_near(self, adapter: str) -> bool:
        """Say whether reading the footage of such a source again costs nobody anything."""
        return load(adapter).near

    def coverage(
        self,
        adapter: str,
        options: Mapping[str, object],
        channel: str,
        span: TimeSpan,
        ahead: timedelta = timedelta(0),
    ) -> tuple[TimeSpan, ...]:
        """Return what of `span` is recorded on `channel`: disjoint, sorted, within `span`."""
        ask = ClipAsk(channel, span, ahead=ahead)
        spans: tuple[TimeSpan, ...] = self._answered(Capability.COVERAGE, adapter, options, ask)
        return spans

    def probe(self, adapter: str, options: Mapping[str, object]) -> Probe:
        """Say how the source is; raises when it cannot be reached at all."""
        probe: Probe = self._answered(Capability.PROBE, adapter, options)
        return probe

    def points(self, adapter: str, options: Mapping[str, object]) -> tuple[Point, ...]:
        """Return the channels of the source, sorted."""
        points: tuple[Point, ...] = self._answered(Capability.POINTS, adapter, options)
        return points

    def capabilities(self, adapter: str) -> frozenset[Capability]:
        """Return what the adapter can do; in this process, nothing is read or written."""
        return load(adapter).capabilities

    def check_options(self, adapter: str, options: Mapping[str, object]) -> None:
        """Check the options of a source in this process; nothing is read or written, no source is asked.

        Raises:
            UnknownAdapter: no such adapter is installed.
            InvalidOption: an option is missing, unknown or wrong; `pointer` is relative to the options.
        """
        load(adapter).checked_options(options)

    def _answered(self, call: Capability, adapter: str, options: Mapping[str, object], ask: Ask | None = None) -> Any:
        with tempfile.TemporaryDirectory(prefix="xueliang-", ignore_cleanup_errors=True) as place:
            errand = _Errand(Path(place), self._answer_deadline, self._answer_deadline, lambda _: None, lambda: False)
            return self._asked(errand, call, adapter, options, ask)

    def _asked(
        self, errand: "_Errand", call: Call, adapter: str, options: Mapping[str, object], ask: Ask | None,
        looks: tuple[LookAsk, ...] = (),
    ) -> Any:  # fmt: skip
        job = Job(
            adapter=adapter,
            options=dict(options),
            call=call,
            ask=ask,
            looks=looks,
            memory_bytes=self._memory_bytes,
            parent=os.getpid(),
            turns=self._turns,
            face_model=self._face_model,
        )
        try:
            return errand.run(job)
        except OutOfMemory:
            raise OutOfMemory(megabytes=self._memory_bytes // _MEGABYTE) from None


@dataclass(frozen=True)
class _Errand:
    """One child's way: where it works, how long it may, and who listens."""

    folder: Path
    deadline: timedelta
    silence: timedelta
    on_progress: Callable[[float], None]
    aborted: Callable[[], bool]

    @property
    def results(self) -> Path:
        return self.folder / RESULTS

    def run(self, job: Job) -> Any:
        child = None
        try:
            seconds, silence = self.deadline.total_seconds(), self.silence.total_seconds()
            with running(
                _SANDBOX, _encoded(job), folder=self.folder, seconds=seconds, silence=silence, aborted=self.aborted
            ) as child:
                return self._answer(child, job)
        except AdapterError as error:
            said = bytes(child.stderr) if child else b""
            if said:
                _log.warning(
                    "adapter %s: %s; its child wrote: %s", job.adapter, error, without_secrets(said, job.options)
                )
            if isinstance(error, DecoderCrashed) and any(mark in said for mark in _NO_MEMORY):
                raise OutOfMemory from None
            raise

    def _answer(self, child: Child, job: Job) -> Any:
        """Follow the child's lines to the last one: its answer, its error, or the guard's word how it died."""
        for line in child.lines():
            try:
                message = Message.model_validate_json(line)
                if "result" in message.model_fields_set:
                    return ANSWERS[job.call].validate_python(message.result)
            except ValidationError:
                raise AdapterBroken(adapter=job.adapter, problem="its answer cannot be read") from None
            if message.error is not None:
                raise heard(message.error)
            if message.ended_by == "SIGKILL":  # not by us, we would not be listening: the kernel was out of memory
                raise OutOfMemory
            if message.ended_by is not None:
                raise DecoderCrashed(signal=message.ended_by)
            if message.progress is not None:
                self.on_progress(message.progress)
        raise AdapterBroken(adapter=job.adapter, problem="its process ended without an answer")


def _hand_over(adapter: str, files: Sequence[str], wanted: re.Pattern[str], results: Path, folder: Path) -> None:
    """Move the files that the child named, and only those; their names are its word and are not trusted."""
    for name in files:
        if wanted.fullmatch(name) is None or not stat.S_ISREG((results / name).lstat().st_mode):
            raise AdapterBroken(adapter=adapter, problem="no file was written")
    for name in files:
        (results / name).replace(folder / name)


@contextmanager
def _own_disk() -> Iterator[None]:
    """Tell a full disk as such; any other error here is one of the program."""
    try:
        yield
    except OSError as error:
        full = system_error(error)
        if isinstance(full, NoSpace):
            raise full from error
        raise


def _encoded(job: Job) -> bytes:
    try:
        return job.model_dump_json().encode()
    except PydanticSerializationError as error:
        raise InvalidOption(option="", reason=str(error)) from None


def without_secrets(text: bytes, options: Mapping[str, object]) -> str:
    """Return the text for the log, with every word of the options struck out: some of them are passwords."""
    plain = text.decode(errors="replace")
    for value in sorted(_words(options), key=len, reverse=True):
        plain = plain.replace(value, "***")
    return plain


def _words(value: object) -> Iterator[str]:
    if isinstance(value, str) and len(value) >= _SHORTEST_SECRET:
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _words(part)
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _words(part)
