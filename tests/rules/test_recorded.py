"""Asking many cameras what they have: side by side, each source spared, and never longer than it may take."""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from adapters.errors import SourceTimeout
from broker.domain.catalog.catalog import Camera, Source
from broker.domain.ids import CameraId, DepartmentId, SourceId
from broker.domain.time import TimeSpan
from broker.services.sources.recorded import Reached, Recordings

END = datetime(2026, 11, 16, tzinfo=UTC)
SPAN = TimeSpan(END - timedelta(hours=1), END)
OWNER = DepartmentId(UUID(int=1))
AHEAD = timedelta(seconds=30)


@dataclass
class Slow:
    """A gateway whose sources answer, hang until `let_go`, or time out, as their adapter is called."""

    let_go: threading.Event = field(default_factory=threading.Event)
    asked: list[str] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def coverage(
        self, adapter: str, options: Mapping[str, object], channel: str, span: TimeSpan, ahead: timedelta
    ) -> tuple[TimeSpan, ...]:
        assert (options, ahead) == ({"password": "in the open"}, AHEAD)
        with self.lock:
            self.asked.append(f"{adapter}/{channel}")
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            if adapter == "hangs":
                self.let_go.wait(20)
            if adapter == "silent":
                raise SourceTimeout(seconds=1)
            return (span,)
        finally:
            with self.lock:
                self.at_once -= 1


def city_of(adapters: Mapping[str, int]) -> tuple[dict[CameraId, Camera], dict[SourceId, Reached]]:
    """Return cameras of so many channels for each adapter."""
    cameras, sources = {}, {}
    for number, (adapter, channels) in enumerate(adapters.items(), start=1):
        source = Source(SourceId(UUID(int=number)), adapter, adapter, adapter, {}, OWNER, sessions=2)
        sources[source.id] = Reached(source, {"password": "in the open"}, AHEAD)
        for channel in range(channels):
            key = CameraId(UUID(int=number * 1000 + channel))
            cameras[key] = Camera(key, OWNER, "点", 30, 104, source_id=source.id, channel=f"{channel}")
    return cameras, sources


def recordings(gateway: Slow, *, each: float, whole: float) -> Recordings:
    stand_in: Any = gateway
    return Recordings(stand_in, each=each, whole=whole)


def test_all_that_answer_are_heard_two_at_a_time_where_the_source_bears_two() -> None:
    gateway = Slow()
    cameras, sources = city_of({"good": 20})
    told = recordings(gateway, each=5, whole=30).of([(key, SPAN) for key in cameras], cameras, sources)
    assert [line.camera for line in told] == list(cameras)
    assert all(line.spans == (SPAN,) for line in told)
    assert 1 <= gateway.most_at_once <= 2


def test_a_silent_source_is_not_asked_again_and_disturbs_no_other() -> None:
    gateway = Slow()
    cameras, sources = city_of({"silent": 30, "good": 3})
    told = recordings(gateway, each=5, whole=30).of([(key, SPAN) for key in cameras], cameras, sources)
    slugs = [line.fault.slug if line.fault else "" for line in told]
    assert slugs == ["source-timeout"] * 30 + [""] * 3
    assert sum(name.startswith("silent") for name in gateway.asked) <= 2


def test_who_hangs_is_not_waited_for() -> None:
    gateway = Slow()
    cameras, sources = city_of({"hangs": 30, "good": 3})
    begun = time.monotonic()
    try:
        told = recordings(gateway, each=0.5, whole=1).of([(key, SPAN) for key in cameras], cameras, sources)
        assert time.monotonic() - begun < 15
    finally:
        gateway.let_go.set()
    slugs = [line.fault.slug if line.fault else "" for line in told]
    assert slugs == ["coverage-not-asked"] * 30 + [""] * 3


def test_a_camera_without_a_source_is_told() -> None:
    key = CameraId(UUID(int=5))
    camera = Camera(key, OWNER, "点", 30, 104)
    (told,) = recordings(Slow(), each=1, whole=1).of([(key, SPAN)], {key: camera}, {})
    assert told.fault is not None
    assert (told.fault.slug, told.spans) == ("camera-without-source", None)
