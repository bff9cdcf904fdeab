"""The contract of a source of footage: one hook to write for each ability, everything around it done here.

An adapter author overrides hooks (`_probe`, `_points`, `_coverage`, `_footage`, `_picture`) and never cuts, encodes or
decodes: a hook says which recorded files hold a span, and the media functions take from them exactly what was asked.
The public methods are final: they refuse asks that make no sense, turn whatever a hook raises into an AdapterError,
set the clock of the source right, check that what came back can be true, say what is missing of it and why, and leave
no half-written file behind.
"""

import shutil
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import ClassVar, Self, final

from pydantic import BaseModel, ConfigDict, ValidationError

from adapters.answers import checked_clip, checked_points, checked_probe, checked_snapshot, checked_spans, plain_channel
from adapters.errors import AdapterError, NoRecording, NothingRecorded, Unsupported
from adapters.losses import Loss, explained
from adapters.media import SEAM, Stretch, copy_whole, take_clip, take_picture, take_snapshot
from adapters.options import option_error
from adapters.wrapping import only_adapter_errors
from broker.domain.footage.media import ClipAsk, Fetched, Kept, KeptFile, Piece, Point, Probe, SnapshotAsk
from broker.domain.time import TimeSpan, merge

Progress = Callable[[float], None]

# How far around an ask without pictures is looked for some, nearest first.
_NEARBY = (timedelta(hours=1), timedelta(days=1), timedelta(days=30))
# Wide enough around an instant to see the file that ends just before it and the one that starts just after.
_AROUND = 2 * SEAM


class Capability(StrEnum):
    """What a source can be asked for; the value is the name of the public method."""

    PROBE = "probe"
    POINTS = "points"
    COVERAGE = "coverage"
    SNAPSHOT = "snapshot"
    CLIP = "clip"


_HOOKS = {
    "_probe": {Capability.PROBE},
    "_points": {Capability.POINTS},
    "_coverage": {Capability.COVERAGE},
    "_footage": {Capability.SNAPSHOT, Capability.CLIP},
    "_picture": {Capability.SNAPSHOT},
}
"""What an adapter can do once it overrides a hook."""


class SourceAdapter(ABC):
    """One family of sources. Subclasses set `name`, nest `Options` and override the hooks they can serve."""

    name: ClassVar[str]
    near: ClassVar[bool] = False
    """Whether reading its footage again costs nobody anything; what is far away is fetched once for several asks."""
    capabilities: ClassVar[frozenset[Capability]] = frozenset()
    live: ClassVar[bool] = False
    """Whether it gives the picture of now."""
    _hooks: ClassVar[frozenset[str]] = frozenset()

    class Options(BaseModel):
        """The options of a source of this family; unknown ones are refused."""

        model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    options: Options

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        sealed = {*Capability, "keep", "capabilities", "configured", "checked_options"} & set(vars(cls))
        if sealed:
            raise TypeError(f"{cls.__name__} may not override {sorted(sealed)}: override the hooks")
        # Computed from what is really overridden, so an adapter cannot promise what it does not do.
        overridden = {hook for hook in _HOOKS if getattr(cls, hook) is not getattr(SourceAdapter, hook)}
        cls._hooks = frozenset(overridden)
        cls.live = "_picture" in overridden
        cls.capabilities = frozenset(ability for hook in overridden for ability in _HOOKS[hook])

    at_work: Callable[[], AbstractContextManager[object]] = staticmethod(nullcontext)
    """Entered while pictures are decoded: in the sandbox without any network, and not too many at once."""

    @final
    def __init__(self, options: Options) -> None:
        self.options = options
        self._losses: list[Loss] = []
        self._ahead = timedelta(0)
        self._ready()

    @final
    @classmethod
    def configured(cls, options: Mapping[str, object]) -> Self:
        """Return an adapter for one source.

        Raises:
            InvalidOption: an option is missing, unknown or wrong; `pointer` says which one.
        """
        return cls(cls.checked_options(options))

    @final
    @classmethod
    def checked_options(cls, options: Mapping[str, object]) -> Options:
        """Return the options as the adapter's model. Nothing is read or written.

        Raises:
            InvalidOption: as for `configured`.
        """
        try:
            return cls.Options.model_validate(dict(options))
        except ValidationError as error:
            raise option_error(error, tuple(cls.Options.model_fields)) from None

    @final
    def probe(self) -> Probe:
        """Say how the source is; `ok=False` means reached and of no use.

        Raises:
            AdapterError: the source cannot be reached at all.
        """
        with only_adapter_errors(self.name):
            return checked_probe(self.name, self._probe())

    @final
    def points(self) -> tuple[Point, ...]:
        """Return the channels the source offers, each once, sorted by channel.

        Raises:
            AdapterError: the source failed.
        """
        self._require(Capability.POINTS)
        with only_adapter_errors(self.name):
            return checked_points(self.name, self._points())

    @final
    def coverage(self, channel: str, span: TimeSpan, ahead: timedelta = timedelta(0)) -> tuple[TimeSpan, ...]:
        """Return what of `span` is recorded on `channel`: disjoint, sorted, within `span`, possibly nothing.

        `ahead` is how far the clock of the source is ahead of the true time; `span` and the answer are in true time.

        Raises:
            UnknownChannel: the source has no such channel.
            AdapterError: the source failed.
        """
        self._require(Capability.COVERAGE)
        with only_adapter_errors(self.name):
            self._ahead = ahead
            listed = self._coverage(plain_channel(channel), span.moved(ahead))
            return checked_spans(self.name, (it.moved(-ahead) for it in listed), span)

    @final
    def snapshot(self, ask: SnapshotAsk, folder: Path) -> Fetched:
        """Write the picture shown at `ask.instant` into `folder`, treated as the ask wants it.

        Raises:
            NoRecording: nothing was recorded then; `nearby` tells what was.
            AdapterError: the source failed. No file is left then.
        """
        self._require(Capability.SNAPSHOT)
        with self._delivering(ask.channel, ask.instant, ask.instant, folder) as (room, out):
            shown = self._shown_now(ask, room, out)
            piece = shown or self._shown_then(ask, room, out)
            checked_snapshot(self.name, piece, ask, out, live=shown is not None)
            return Fetched((piece,))

    @final
    def clip(self, ask: ClipAsk, folder: Path, progress: Progress) -> Fetched:
        """Write the pictures of `ask.span` into `folder`, treated as the ask wants them.

        `progress` is told how far into the span the work has come, in seconds of footage; it never goes back and
        ends with the length of the span, gaps or not.

        Raises:
            NoRecording: nothing at all was recorded in the span; `nearby` tells what was.
            AdapterError: the source failed. No file is left then.
        """
        self._require(Capability.CLIP)
        reached = 0.0

        def forward(seconds: float) -> None:
            nonlocal reached
            if seconds > reached:
                reached = min(seconds, ask.span.seconds)
                progress(reached)

        with self._delivering(ask.channel, ask.span.begin, ask.span.end, folder) as (room, out):
            stretches = list(self._stretches(ask.channel, ask.span, ask.ahead, room, forward))
            listed = self._listed(ask)  # now, while the source can still be asked
            try:
                with self.at_work():
                    pieces = take_clip(stretches, ask, out, forward)
            except NoRecording:
                raise self._worst(ask.span) or NoRecording from None
            checked_clip(self.name, pieces, ask, out)
            obtained = merge(span for piece in pieces for span in piece.capture.obtained)
            missing = explained(ask.span, obtained, self._losses, listed)
            forward(ask.span.seconds)
            return Fetched(tuple(pieces), missing)

    @final
    def keep(self, ask: ClipAsk, folder: Path, progress: Progress) -> Kept:
        """Copy the recorded files that hold `ask.span` into `folder`, as they are; nothing is decoded.

        They hold what was recorded around the span too; whoever takes pictures from them is held to their spans.

        Raises:
            NoRecording: nothing at all was recorded in the span; `nearby` tells what was.
            AdapterError: the source failed. No file is left then.
        """
        self._require(Capability.CLIP)
        with self._delivering(ask.channel, ask.span.begin, ask.span.end, folder) as (room, out):
            files: list[KeptFile] = []
            copies: dict[str, str] = {}
            for it in self._stretches(ask.channel, ask.span, ask.ahead, room, progress):
                if it.file not in copies:
                    copies[it.file] = f"original-{len(copies) + 1}"
                    copy_whole(it, out / copies[it.file])
                files.append(KeptFile(copies[it.file], it.file, it.origin, it.span))
                progress((it.span.end - ask.span.begin).total_seconds())
            if not files:
                raise self._worst(ask.span) or NoRecording
            held = merge(it.span for it in files)
            return Kept(tuple(files), explained(ask.span, held, self._losses, self._listed(ask)))

    def _ready(self) -> None:  # noqa: B027 - most adapters have nothing to prepare
        """Prepare what the hooks share. Called once, when `options` is set; must not touch the source."""

    @abstractmethod
    def _probe(self) -> Probe:
        """Reach the source and say how it is."""

    def _points(self) -> Iterable[Point]:
        """List the channels; order and duplicates do not matter."""
        raise NotImplementedError

    def _coverage(self, channel: str, span: TimeSpan) -> Iterable[TimeSpan]:
        """List what is recorded at least within `span`; order, overlaps and overhang do not matter."""
        raise NotImplementedError

    def _footage(self, channel: str, span: TimeSpan, room: Path, progress: Progress) -> Iterable[Stretch]:
        """Give the recorded files that hold `span`, in order of time, their spans disjoint.

        Files are opened where they lie, or fetched into `room`, an empty folder that is removed afterwards; `progress`
        is told while that goes on, in seconds of footage, and at least every few seconds. A part that the source
        lists and does not give is told with `self._lost`; giving nothing at all means that nothing is recorded. All
        times are those of the source's own clock.
        """
        raise NotImplementedError

    def _picture(self, channel: str, instant: datetime, target: Path) -> datetime:
        """Write the live picture, JPEG or PNG, to `target` and return its instant.

        Raises NoRecording when `instant` is not now, by the clock of the source; it is then looked for in `_footage`,
        where the adapter has that too.
        """
        raise NotImplementedError

    @final
    def _lost(self, span: TimeSpan, error: AdapterError) -> None:
        """Note that a part which should be recorded cannot be had, and why; in the source's own time."""
        self._losses.append(Loss(span.moved(-self._ahead), error))

    def _require(self, capability: Capability) -> None:
        if capability not in self.capabilities:
            raise Unsupported(adapter=self.name, capability=capability.value)

    def _stretches(
        self, channel: str, span: TimeSpan, ahead: timedelta, room: Path, progress: Progress
    ) -> Iterator[Stretch]:
        """Yield the files that hold a span, with their times set right, each for its own part of the span alone."""
        self._losses, self._ahead = [], ahead
        for it in self._footage(channel, span.moved(ahead), room, progress):
            own = it.span.moved(-ahead).overlap(span)
            if own:
                yield replace(it, origin=it.origin - ahead, span=own)

    def _shown_now(self, ask: SnapshotAsk, room: Path, out: Path) -> Piece | None:
        """Return the live picture, where the adapter has the hook for it; None when the instant is not now."""
        if "_picture" not in self._hooks:
            return None
        raw, self._ahead = room / "picture", ask.ahead
        try:
            at = self._picture(ask.channel, ask.instant + ask.ahead, raw) - ask.ahead
        except NoRecording:
            if Capability.CLIP in self.capabilities:
                return None
            raise
        with self.at_work():
            return take_picture(raw, at, ask, out)

    def _shown_then(self, ask: SnapshotAsk, room: Path, out: Path) -> Piece:
        around = TimeSpan(ask.instant - _AROUND, ask.instant + _AROUND)
        found = list(self._stretches(ask.channel, around, ask.ahead, room, lambda _: None))
        shown = self._shown_at(found, ask.instant)
        with self.at_work():
            return take_snapshot(shown, ask, out)

    def _shown_at(self, stretches: list[Stretch], instant: datetime) -> list[Stretch]:
        """Return the stretch of an instant, and the one that ends where it begins: its last picture may still show."""
        for number, it in enumerate(stretches):
            if it.span.holds_instant(instant):
                before = stretches[number - 1 : number] if number else []
                return [other for other in before if other.span.end == it.span.begin] + [it]
        raise self._worst(TimeSpan(instant, instant + timedelta.resolution)) or NoRecording

    def _worst(self, span: TimeSpan) -> AdapterError | None:
        return next((loss.error for loss in self._losses if loss.span.overlap(span)), None)

    def _listed(self, ask: ClipAsk) -> tuple[TimeSpan, ...]:
        """Return what the source says it has of a span, as far as it says anything."""
        try:
            return self.coverage(ask.channel, ask.span, ask.ahead)
        except AdapterError:
            return ()

    @contextmanager
    def _delivering(self, channel: str, begin: datetime, end: datetime, folder: Path) -> Iterator[tuple[Path, Path]]:
        """Give a room for what is fetched and one for the result, which reaches `folder` only when all went well.

        Whatever goes wrong, nothing stays.
        """
        places = [Path(tempfile.mkdtemp(prefix=prefix, dir=folder)) for prefix in (".fetched-", ".out-")]
        try:
            with only_adapter_errors(self.name):
                plain_channel(channel)
                yield places[0], places[1]
                for file in places[1].iterdir():
                    file.replace(folder / file.name)
        except NoRecording as error:
            nearby = error.nearby or self._nearby(channel, begin, end)
            kind = NoRecording if nearby else NothingRecorded
            raise kind.of(channel, begin, end, nearby) from error
        finally:
            for place in places:
                shutil.rmtree(place, ignore_errors=True)

    def _nearby(self, channel: str, begin: datetime, end: datetime) -> tuple[TimeSpan, ...]:
        """Return the recorded spans just before and just after, at most one each; nothing where none is known."""
        if Capability.COVERAGE not in self.capabilities:
            return ()
        for reach in _NEARBY:
            try:
                spans = self.coverage(channel, TimeSpan(begin - reach, end + reach))
            except (AdapterError, OverflowError):  # that nothing was recorded is the message, not this search
                return ()
            before = [span for span in spans if span.begin < begin][-1:]
            after = [span for span in spans if span.begin >= begin][:1]
            if before or after:
                return (*before, *after)
        return ()
