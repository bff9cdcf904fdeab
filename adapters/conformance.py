"""The suite that proves an adapter: subclass `AdapterConformance`, give it a scene, run pytest.

    class TestMyAdapter(AdapterConformance):
        @pytest.fixture
        def scene(self) -> Scene:
            return Scene(MyAdapter, {"address": ...}, "cam1", recorded=TimeSpan(...), silent=TimeSpan(...))

The recording should come from `adapters.media.testcard`, whose frames carry bar codes: then cuts and snapshots are
proved to the frame. Abilities that the adapter does not have are skipped, except that it must say so.
"""
# ruff: noqa: S101 - a suite of tests asserts

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.base import Capability, SourceAdapter
from adapters.errors import AdapterError, NoRecording, UnknownChannel, UnknownOption, Unsupported
from adapters.gateway import Gateway
from adapters.media.testcard import Code, read_codes
from adapters.registry import load
from broker.domain.footage.media import Capture, ClipAsk, Fetched, SnapshotAsk
from broker.domain.time import TimeSpan

HOSTILE_CHANNELS = (
    "",
    ".",
    "..",
    "../../etc/passwd",
    "/etc/passwd",
    "a/../../b",
    "-rf",
    "a\x00b",
    "a\nb",
    "x" * 5000,
    "{}%s",
)
_TICK = timedelta(milliseconds=1)


@dataclass(frozen=True)
class Scene:
    """A source as the suite needs it.

    Attributes:
        adapter: the class under test.
        options: for a source that works.
        channel: one that is recorded.
        recorded: at least four seconds of it, without a gap, at two frames a second or more.
        silent: a span in which the channel is not recorded, within an hour of `recorded`.
        absent: a channel that the source does not have.
    """

    adapter: type[SourceAdapter]
    options: Mapping[str, object]
    channel: str
    recorded: TimeSpan
    silent: TimeSpan
    absent: str = "no-such-channel"


class AdapterConformance:
    """What every adapter must do; override `scene`."""

    @pytest.fixture
    def scene(self) -> Scene:
        """Return the source to test."""
        raise NotImplementedError

    @pytest.fixture
    def adapter(self, scene: Scene) -> SourceAdapter:
        """Return an adapter for the scene, in this process."""
        return scene.adapter.configured(scene.options)

    def test_it_is_found_by_its_name(self, scene: Scene) -> None:
        assert load(scene.adapter.name) is scene.adapter

    def test_unknown_options_are_refused_with_a_pointer(self, scene: Scene) -> None:
        with pytest.raises(UnknownOption) as caught:
            scene.adapter.configured({**scene.options, "colour-of-the-sky": "blue"})
        assert caught.value.pointer == "/colour-of-the-sky"

    def test_what_it_cannot_do_it_says(self, scene: Scene, adapter: SourceAdapter, tmp_path: Path) -> None:
        for lacking in set(Capability) - adapter.capabilities:
            with pytest.raises(Unsupported):
                _called(adapter, lacking, scene, tmp_path)

    def test_probe_finds_the_source_in_order(self, adapter: SourceAdapter) -> None:
        probe = adapter.probe()
        assert probe.ok, probe.detail

    def test_points_name_the_channel_once(self, scene: Scene, adapter: SourceAdapter) -> None:
        _needs(adapter, Capability.POINTS)
        channels = [point.channel for point in adapter.points()]
        assert channels.count(scene.channel) == 1
        assert channels == sorted(channels)

    def test_coverage_has_what_is_recorded_and_not_what_is_silent(self, scene: Scene, adapter: SourceAdapter) -> None:
        _needs(adapter, Capability.COVERAGE)
        assert adapter.coverage(scene.channel, scene.recorded) == (scene.recorded,)
        assert adapter.coverage(scene.channel, scene.silent) == ()

    def test_coverage_of_a_part_is_that_part(self, scene: Scene, adapter: SourceAdapter) -> None:
        _needs(adapter, Capability.COVERAGE)
        part = TimeSpan(scene.recorded.begin + timedelta(seconds=1), scene.recorded.end - timedelta(seconds=1))
        assert adapter.coverage(scene.channel, part) == (part,)

    def test_a_clip_has_every_frame_of_its_span_and_none_besides(
        self, scene: Scene, adapter: SourceAdapter, tmp_path: Path
    ) -> None:
        _needs(adapter, Capability.CLIP)
        every = _instants(_clip(adapter, scene, scene.recorded, tmp_path / "all"))
        # From one frame to another: the first is in, the last is out, because spans are half open.
        span = TimeSpan(every[2].instant, every[-2].instant)
        path, capture = _clip(adapter, scene, span, tmp_path / "part")
        assert _instants((path, capture)) == every[2:-2]
        assert (capture.first, capture.last) == (every[2].instant, every[-3].instant)
        assert capture.obtained == (span,)

    def test_a_clip_keeps_the_time(self, scene: Scene, adapter: SourceAdapter, tmp_path: Path) -> None:
        _needs(adapter, Capability.CLIP)
        span = TimeSpan(scene.recorded.begin + timedelta(milliseconds=1234), scene.recorded.end)
        path, _ = _clip(adapter, scene, span, tmp_path / "clip")
        for seconds, code in read_codes(path):
            assert abs(span.begin + timedelta(seconds=seconds) - code.instant) < _TICK

    def test_a_clip_hides_nothing_behind_an_edit_list(
        self, scene: Scene, adapter: SourceAdapter, tmp_path: Path
    ) -> None:
        _needs(adapter, Capability.CLIP)
        span = TimeSpan(scene.recorded.begin + timedelta(milliseconds=1234), scene.recorded.end)
        path, capture = _clip(adapter, scene, span, tmp_path / "clip")
        assert len(read_codes(path, {"ignore_editlist": "1"})) == capture.frames

    def test_progress_rises_to_the_length_of_the_span(
        self, scene: Scene, adapter: SourceAdapter, tmp_path: Path
    ) -> None:
        _needs(adapter, Capability.CLIP)
        told: list[float] = []
        adapter.clip(ClipAsk(scene.channel, scene.recorded), tmp_path, told.append)
        assert told == sorted(told)
        assert told[-1] == scene.recorded.seconds

    def test_a_snapshot_is_the_frame_on_the_screen(self, scene: Scene, adapter: SourceAdapter, tmp_path: Path) -> None:
        _needs(adapter, Capability.CLIP)
        _needs(adapter, Capability.SNAPSHOT)
        earlier, wanted, later = _instants(_clip(adapter, scene, scene.recorded, tmp_path / "all"))[3:6]
        shown = {wanted.instant: wanted, later.instant - _TICK: wanted, wanted.instant - _TICK: earlier}
        for instant, code in shown.items():
            (piece,) = adapter.snapshot(SnapshotAsk(scene.channel, instant), tmp_path).pieces
            assert [it for _, it in read_codes(tmp_path / piece.file)] == [code]
            assert piece.capture.first == code.instant

    def test_a_clock_that_is_ahead_is_set_right(self, scene: Scene, adapter: SourceAdapter, tmp_path: Path) -> None:
        """The same recording, told that its clock is half a minute ahead: all instants are half a minute earlier."""
        _needs(adapter, Capability.CLIP)
        ahead = timedelta(seconds=30)
        ask = ClipAsk(scene.channel, scene.recorded.moved(-ahead), ahead=ahead)
        ((right, capture),) = _read(adapter.clip(ask, tmp_path, lambda _: None), tmp_path)
        assert capture.obtained == (ask.span,)
        plain = _instants(_clip(adapter, scene, scene.recorded, tmp_path / "plain"))
        assert _instants((right, capture)) == plain
        assert capture.first == plain[0].instant - ahead

    def test_what_is_missing_of_a_clip_is_told(self, scene: Scene, adapter: SourceAdapter, tmp_path: Path) -> None:
        _needs(adapter, Capability.CLIP)
        before = scene.silent.begin < scene.recorded.begin
        ends = sorted((scene.recorded.begin, scene.recorded.end, scene.silent.begin, scene.silent.end))
        span = TimeSpan(ends[0], ends[-1])
        fetched = adapter.clip(ClipAsk(scene.channel, span), tmp_path, lambda _: None)
        told = fetched.missing[0] if before else fetched.missing[-1]
        assert told.span.holds(scene.silent)
        parts = [it.span for it in fetched.missing]
        parts += [part for piece in fetched.pieces for part in piece.capture.obtained]
        assert sum(part.seconds for part in parts) == span.seconds

    def test_without_a_recording_it_names_what_is_nearby(
        self, scene: Scene, adapter: SourceAdapter, tmp_path: Path
    ) -> None:
        for capability in adapter.capabilities & {Capability.SNAPSHOT, Capability.CLIP}:
            with pytest.raises(NoRecording) as caught:
                _called(adapter, capability, scene, tmp_path, span=scene.silent)
            if Capability.COVERAGE in adapter.capabilities:
                assert any(near.overlap(scene.recorded) for near in caught.value.nearby)
            assert not any(tmp_path.iterdir())

    def test_an_absent_channel_is_told(self, scene: Scene, adapter: SourceAdapter, tmp_path: Path) -> None:
        for capability in adapter.capabilities - {Capability.PROBE, Capability.POINTS}:
            with pytest.raises(UnknownChannel):
                _called(adapter, capability, scene, tmp_path, channel=scene.absent)

    @pytest.mark.parametrize("channel", HOSTILE_CHANNELS)
    def test_hostile_channels_are_errors_like_others(
        self, channel: str, scene: Scene, adapter: SourceAdapter, tmp_path: Path
    ) -> None:
        for capability in adapter.capabilities - {Capability.PROBE, Capability.POINTS}:
            with pytest.raises(AdapterError):
                _called(adapter, capability, scene, tmp_path, channel=channel)
            assert not any(tmp_path.iterdir())

    def test_it_does_the_same_in_a_sandbox(self, scene: Scene, adapter: SourceAdapter, tmp_path: Path) -> None:
        gateway = Gateway(timedelta(minutes=2), 2 * 1024**3)
        name, options = scene.adapter.name, scene.options
        # Measured anew each time, the clock is never quite the same.
        assert replace(gateway.probe(name, options), ahead=None) == replace(adapter.probe(), ahead=None)
        if Capability.COVERAGE in adapter.capabilities:
            assert gateway.coverage(name, options, scene.channel, scene.recorded) == (scene.recorded,)
        for capability in adapter.capabilities & {Capability.SNAPSHOT, Capability.CLIP}:
            ask = _ask(capability, scene.channel, scene.recorded)
            here, there = tmp_path / "here" / capability, tmp_path / "there" / capability
            here.mkdir(parents=True)
            there.mkdir(parents=True)
            direct = _called(adapter, capability, scene, here, span=scene.recorded)
            fetched = gateway.fetch(name, options, ask, there, on_progress=lambda _: None, aborted=lambda: False)
            assert fetched == direct
            for piece in fetched.pieces:
                assert (there / piece.file).read_bytes()[:16] == (here / piece.file).read_bytes()[:16]


def _needs(adapter: SourceAdapter, capability: Capability) -> None:
    if capability not in adapter.capabilities:
        pytest.skip(f"{adapter.name} has no {capability}")


def _clip(adapter: SourceAdapter, scene: Scene, span: TimeSpan, folder: Path) -> tuple[Path, Capture]:
    folder.mkdir()
    (clip,) = _read(adapter.clip(ClipAsk(scene.channel, span), folder, lambda _: None), folder)
    return clip


def _read(fetched: Fetched, folder: Path) -> list[tuple[Path, Capture]]:
    return [(folder / piece.file, piece.capture) for piece in fetched.pieces]


def _instants(clip: tuple[Path, Capture]) -> list[Code]:
    path, capture = clip
    codes = [code for _, code in read_codes(path)]
    assert len(codes) == capture.frames
    return codes


def _ask(capability: Capability, channel: str, span: TimeSpan) -> SnapshotAsk | ClipAsk:
    if capability is Capability.SNAPSHOT:
        return SnapshotAsk(channel, span.begin + span.duration / 2)
    return ClipAsk(channel, span)


def _called(
    adapter: SourceAdapter,
    capability: Capability,
    scene: Scene,
    folder: Path,
    *,
    channel: str | None = None,
    span: TimeSpan | None = None,
) -> object:
    ask = _ask(capability, scene.channel if channel is None else channel, span or scene.recorded)
    if isinstance(ask, SnapshotAsk):
        return adapter.snapshot(ask, folder)
    match capability:
        case Capability.PROBE:
            return adapter.probe()
        case Capability.POINTS:
            return adapter.points()
        case Capability.COVERAGE:
            return adapter.coverage(ask.channel, ask.span)
        case _:
            return adapter.clip(ask, folder, lambda _: None)
