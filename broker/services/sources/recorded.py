"""What sources say is recorded, for many cameras at once: side by side, and never longer than it may take."""

import time
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from adapters.errors import SourceTimeout, SourceUnreachable
from adapters.gateway import Gateway
from broker.domain.catalog.catalog import Camera, Source
from broker.domain.errors import BrokerError, Conflict, SourceFault
from broker.domain.ids import CameraId, SourceId
from broker.domain.requests.coverage import Coverage
from broker.domain.time import TimeSpan

AT_ONCE = 8
"""Questions that run side by side in one process, whoever asks: each is a child process of its own."""

LANES = 4
"""Questions that run side by side at one source, if it bears so many sessions."""


@dataclass(frozen=True)
class Recorded:
    """What of a span is recorded; `spans` None where the source did not say, with the reason.

    `at`: when it said so; `coverage`: the same as a line of the ledger, where somebody has balanced it;
    `sealed`: what of it is sealed for a request, whatever the source still has.
    """

    camera: CameraId
    asked: TimeSpan
    spans: tuple[TimeSpan, ...] | None
    fault: BrokerError | None = None
    at: datetime | None = None
    coverage: Coverage | None = None
    sealed: tuple[TimeSpan, ...] = ()


@dataclass(frozen=True)
class Reached:
    """A source as it can be asked: its options in the open, or why they are not, and how far its clock is ahead."""

    source: Source
    options: Mapping[str, object] | BrokerError = field(repr=False)
    ahead: timedelta = timedelta(0)


@dataclass
class _Errand:
    """The questions to one source that are still to be asked, and the answers so far by their place."""

    reached: Reached
    questions: deque[tuple[int, str, TimeSpan]]
    until: float
    answers: dict[int, tuple[TimeSpan, ...] | BrokerError] = field(default_factory=dict)
    silent: BrokerError | None = None


class Recordings:
    """Asks sources what they have; a source that is silent once is not asked again in the same survey.

    Args:
        gateway: its deadline for an answer bounds each single question.
        each: that deadline, in seconds.
        whole: how long a survey may take, in seconds; what was not asked by then is told as not asked.
    """

    def __init__(self, gateway: Gateway, *, each: float, whole: float) -> None:
        self._gateway = gateway
        self._each = each
        self._whole = whole
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="recorded")

    def of(
        self,
        lines: Sequence[tuple[CameraId, TimeSpan]],
        cameras: Mapping[CameraId, Camera],
        sources: Mapping[SourceId, Reached],
    ) -> list[Recorded]:
        """Return for each line what is recorded; to be called without a database connection in hand."""
        begun = time.monotonic()
        errands = self._errands(lines, cameras, sources, begun + self._whole - self._each)
        lanes = [
            self._pool.submit(self._lane, errand)
            for errand in errands
            for _ in range(min(LANES, errand.reached.source.sessions, len(errand.questions)))
        ]
        _, late = wait(lanes, timeout=max(0.0, begun + self._whole - time.monotonic()))
        for lane in late:
            lane.cancel()
        answers = {place: answer for errand in errands for place, answer in list(errand.answers.items())}
        return [
            self._told(cameras[camera], span, answers.get(place)) for place, (camera, span) in enumerate(lines)
        ]  # fmt: skip

    def _errands(
        self,
        lines: Sequence[tuple[CameraId, TimeSpan]],
        cameras: Mapping[CameraId, Camera],
        sources: Mapping[SourceId, Reached],
        until: float,
    ) -> list[_Errand]:
        questions: dict[SourceId, deque[tuple[int, str, TimeSpan]]] = defaultdict(deque)
        for place, (key, span) in enumerate(lines):
            camera = cameras[key]
            if camera.source_id is not None and camera.source_id in sources and camera.channel is not None:
                questions[camera.source_id].append((place, camera.channel, span))
        return [_Errand(sources[key], asked, until) for key, asked in questions.items()]

    def _lane(self, errand: _Errand) -> None:
        """Ask one source one question after the other, as long as it answers and there is time."""
        while time.monotonic() < errand.until:
            try:
                place, channel, span = errand.questions.popleft()
            except IndexError:
                return
            if errand.silent is not None:
                errand.answers[place] = errand.silent
                continue
            reached = errand.reached
            if isinstance(reached.options, BrokerError):
                errand.answers[place] = reached.options
                continue
            try:
                errand.answers[place] = self._gateway.coverage(
                    reached.source.adapter, reached.options, channel, span, reached.ahead
                )
            except (SourceTimeout, SourceUnreachable) as fault:
                errand.answers[place] = errand.silent = fault
            except BrokerError as fault:
                errand.answers[place] = fault

    def _told(self, camera: Camera, asked: TimeSpan, answer: tuple[TimeSpan, ...] | BrokerError | None) -> Recorded:
        if camera.source_id is None or camera.channel is None:
            return Recorded(camera.id, asked, None, Conflict("camera-without-source", camera=camera.name))
        if answer is None:
            return Recorded(camera.id, asked, None, SourceFault("coverage-not-asked", seconds=round(self._whole)))
        if isinstance(answer, BrokerError):
            return Recorded(camera.id, asked, None, answer)
        return Recorded(camera.id, asked, answer)
