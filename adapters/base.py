"""The contract of a source of footage: one hook to write for each ability, everything around it done here.

An adapter author overrides hooks (`_probe`, `_points`, `_coverage`, `_snapshot`, `_clip`). The public methods are
final: they refuse asks that make no sense, turn whatever a hook raises into an AdapterError, check that what came
back can be true, and leave no half-written target behind.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import ClassVar, Self, final

from pydantic import BaseModel, ConfigDict, ValidationError

from adapters.answers import checked_clip, checked_points, checked_probe, checked_snapshot, checked_spans, plain_channel
from adapters.errors import AdapterError, NoRecording, NothingRecorded, Unsupported
from adapters.media import burn_in
from adapters.options import option_error
from adapters.wrapping import only_adapter_errors
from broker.domain.media import Capture, ClipAsk, Point, Probe, SnapshotAsk
from broker.domain.time import TimeSpan

Progress = Callable[[float], None]

# How far around an ask without pictures is looked for some, nearest first.
_NEARBY = (timedelta(hours=1), timedelta(days=1), timedelta(days=30))


class Capability(StrEnum):
    """What a source can be asked for; the value is the name of the public method."""

    PROBE = "probe"
    POINTS = "points"
    COVERAGE = "coverage"
    SNAPSHOT = "snapshot"
    CLIP = "clip"


class SourceAdapter(ABC):
    """One family of sources. Subclasses set `name`, nest `Options` and override the hooks they can serve."""

    name: ClassVar[str]
    capabilities: ClassVar[frozenset[Capability]] = frozenset()

    class Options(BaseModel):
        """The options of a source of this family; unknown ones are refused."""

        model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    options: Options

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        sealed = {*Capability, "capabilities", "configured", "checked_options"} & set(vars(cls))
        if sealed:
            raise TypeError(f"{cls.__name__} may not override {sorted(sealed)}: override the hooks")
        # Computed from what is really overridden, so an adapter cannot promise what it does not do.
        overridden = (it for it in Capability if getattr(cls, f"_{it}") is not getattr(SourceAdapter, f"_{it}"))
        cls.capabilities = frozenset(overridden)

    @final
    def __init__(self, options: Options) -> None:
        self.options = options
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
    def coverage(self, channel: str, span: TimeSpan) -> tuple[TimeSpan, ...]:
        """Return what of `span` is recorded on `channel`: disjoint, sorted, within `span`, possibly nothing.

        Raises:
            UnknownChannel: the source has no such channel.
            AdapterError: the source failed.
        """
        self._require(Capability.COVERAGE)
        with only_adapter_errors(self.name):
            return checked_spans(self.name, self._coverage(plain_channel(channel), span), span)

    @final
    def snapshot(self, ask: SnapshotAsk, target: Path) -> Capture:
        """Write the picture shown at `ask.instant` to `target`, with `ask.mark` in it.

        Raises:
            NoRecording: nothing was recorded then; `nearby` tells what was.
            AdapterError: the source failed. No target is left then.
        """
        self._require(Capability.SNAPSHOT)
        with self._delivering(ask.channel, ask.instant, ask.instant, target):
            capture = checked_snapshot(self.name, self._snapshot(ask, target), ask, target)
            return burn_in(ask.mark, capture, target) if ask.mark else capture

    @final
    def clip(self, ask: ClipAsk, target: Path, progress: Progress) -> Capture:
        """Write the pictures of `ask.span` to `target`, with `ask.mark` in each.

        `progress` is told how far into the span the writing has come, in seconds of footage; it never goes back and
        ends with the length of the span, gaps or not.

        Raises:
            NoRecording: nothing at all was recorded in the span; `nearby` tells what was.
            AdapterError: the source failed. No target is left then.
        """
        self._require(Capability.CLIP)
        reached = 0.0

        def forward(seconds: float) -> None:
            nonlocal reached
            if seconds > reached:
                reached = min(seconds, ask.span.seconds)
                progress(reached)

        with self._delivering(ask.channel, ask.span.begin, ask.span.end, target):
            capture = checked_clip(self.name, self._clip(ask, target, forward), ask, target)
            capture = burn_in(ask.mark, capture, target) if ask.mark else capture
            forward(ask.span.seconds)
            return capture

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

    def _snapshot(self, ask: SnapshotAsk, target: Path) -> Capture:
        """Write one picture to `target`; `NoRecording()` may be raised bare, the base class adds the facts.

        The mark of an ask is no hook's business, here or below: what a hook wrote is marked afterwards.
        """
        raise NotImplementedError

    def _clip(self, ask: ClipAsk, target: Path, progress: Progress) -> Capture:
        """Write the pictures of the span to `target`; call `progress` about once a second of footage."""
        raise NotImplementedError

    def _require(self, capability: Capability) -> None:
        if capability not in self.capabilities:
            raise Unsupported(adapter=self.name, capability=capability.value)

    @contextmanager
    def _delivering(self, channel: str, begin: datetime, end: datetime, target: Path) -> Iterator[None]:
        """Wrap the errors of a hook that writes; whatever goes wrong, nothing stays in `target`."""
        try:
            with only_adapter_errors(self.name):
                plain_channel(channel)
                yield
        except NoRecording as error:
            target.unlink(missing_ok=True)
            nearby = error.nearby or self._nearby(channel, begin, end)
            kind = NoRecording if nearby else NothingRecorded
            raise kind.of(channel, begin, end, nearby) from error
        except BaseException:
            target.unlink(missing_ok=True)
            raise

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
