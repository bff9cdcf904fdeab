"""What the base class does around the hooks, on adapters made for one test each."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.answers import checked_clip
from adapters.base import Capability, Progress, SourceAdapter
from adapters.errors import (
    AdapterBroken,
    AdapterError,
    InvalidOption,
    NoRecording,
    NoSpace,
    NothingRecorded,
    OutOfMemory,
    RecordingVanished,
    SourceTimeout,
    SourceUnreachable,
    UnknownChannel,
    Unsupported,
    shipped,
)
from adapters.losses import Loss, explained
from adapters.media import Stretch
from adapters.registry import load
from broker.domain.errors import Invalid, SourceFault
from broker.domain.footage.media import Capture, ClipAsk, Piece, Point, Probe, SnapshotAsk
from broker.domain.time import TimeSpan
from tests.adapters.recordings import at, span

ASK = ClipAsk("cam", span(10, 20))
MP4 = b"\0\0\0\x18ftypisom"


class Plain(SourceAdapter):
    """Can be probed and nothing else."""

    name = "plain"

    def _probe(self) -> Probe:
        return Probe(ok=True, detail="", points=0)


class Clipping(Plain):
    """Offers no file at all, or raises `error`."""

    name = "clipping"
    error: BaseException | None = None
    steps: tuple[float, ...] = ()
    covered: Iterable[TimeSpan] = ()

    def _footage(self, channel: str, span: TimeSpan, room: Path, progress: Progress) -> Iterable[Stretch]:
        assert (channel, span) == ("cam", ASK.span)
        (room / "half").write_bytes(MP4)
        for step in self.steps:
            progress(step)
        if self.error:
            raise self.error
        return []


class Covering(Clipping):
    name = "covering"

    def _coverage(self, channel: str, span: TimeSpan) -> Iterable[TimeSpan]:
        assert (channel, span.begin < span.end) == ("cam", True)
        return self.covered


def make(kind: type[SourceAdapter], **values: object) -> SourceAdapter:
    made: type[SourceAdapter] = type("Made", (kind,), values)
    return made.configured({})


def test_capabilities_are_what_is_overridden() -> None:
    assert Plain.capabilities == {Capability.PROBE}
    assert Covering.capabilities == {Capability.PROBE, Capability.COVERAGE, Capability.SNAPSHOT, Capability.CLIP}


def test_what_is_not_overridden_is_refused(tmp_path: Path) -> None:
    plain = Plain.configured({})
    for call in (
        plain.points,
        lambda: plain.coverage("cam", span(0, 1)),
        lambda: plain.snapshot(SnapshotAsk("cam", at(0)), tmp_path),
        lambda: plain.clip(ASK, tmp_path, lambda _: None),
    ):
        with pytest.raises(Unsupported):
            call()


@pytest.mark.parametrize("name", ["probe", "points", "coverage", "snapshot", "clip", "capabilities", "configured"])
def test_public_methods_cannot_be_overridden(name: str) -> None:
    with pytest.raises(TypeError, match=name):
        type("Sly", (Plain,), {name: lambda _self: None})


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (MemoryError(), OutOfMemory),
        (ImportError("libx.so: failed to map segment from shared object"), OutOfMemory),
        (TimeoutError(), SourceTimeout),
        (FileNotFoundError(2, "gone", "a.mp4"), RecordingVanished),
        (OSError(28, "full"), NoSpace),
        (OSError(122, "quota"), NoSpace),
        (ConnectionResetError(104, "reset"), SourceUnreachable),
        (ValueError("rtsp://admin:secret@10.0.0.1"), AdapterBroken),
        (Invalid("reversed-time"), AdapterBroken),
        (UnknownChannel(channel="x"), UnknownChannel),
    ],
)
def test_only_adapter_errors_leave_and_no_target_stays(
    error: Exception, kind: type[AdapterError], tmp_path: Path
) -> None:
    with pytest.raises(AdapterError) as caught:
        make(Clipping, error=error).clip(ASK, tmp_path, lambda _: None)
    assert type(caught.value) is kind
    assert "secret" not in str(caught.value)
    assert not any(tmp_path.iterdir())


def test_an_interrupt_passes_and_leaves_no_target(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        make(Clipping, error=KeyboardInterrupt()).clip(ASK, tmp_path, lambda _: None)
    assert not any(tmp_path.iterdir())


TRUE = Capture("video/mp4", "mp4", "h264", 8, 8, 3, at(10), at(19.9), (span(10, 20),))


@pytest.mark.parametrize(
    "lie",
    [
        {"content": None},
        {"content": b""},
        {"content": b"<html>"},
        {"file": "../part-1.mp4"},
        {"file": "clip.mp4"},
        {"first": at(9.9)},
        {"last": at(20)},
        {"frames": 0},
        {"obtained": ()},
        {"obtained": (span(9, 20),)},
        {"obtained": (span(15, 20), span(10, 12))},
        {"width": 0},
        {"media_type": "text/html"},
    ],
)
def test_what_cannot_be_true_is_not_believed(lie: dict[str, Any], tmp_path: Path) -> None:
    file, content = lie.pop("file", "part-1.mp4"), lie.pop("content", MP4)
    if content is not None:
        (tmp_path / "part-1.mp4").write_bytes(content)
    with pytest.raises(AdapterBroken):
        checked_clip("plain", [Piece(file, replace(TRUE, **lie))], ASK, tmp_path)


def test_the_truth_is_believed_once(tmp_path: Path) -> None:
    (tmp_path / "part-1.mp4").write_bytes(MP4)
    checked_clip("plain", [Piece("part-1.mp4", TRUE)], ASK, tmp_path)
    with pytest.raises(AdapterBroken, match="overlap"):
        checked_clip("plain", [Piece("part-1.mp4", TRUE)] * 2, ASK, tmp_path)


def test_progress_never_goes_back_and_ends_at_the_end(tmp_path: Path) -> None:
    told: list[float] = []
    with pytest.raises(NothingRecorded):
        make(Clipping, steps=(1.0, 3.0, 2.0, 3.0, 99.0)).clip(ASK, tmp_path, told.append)
    assert told == [1.0, 3.0, 10.0]


def test_a_bare_no_recording_gets_its_facts(tmp_path: Path) -> None:
    covered = (span(-100, -50), span(-40, 9), span(30, 40), span(50, 60))
    with pytest.raises(NoRecording) as caught:
        make(Covering, error=NoRecording(), covered=covered).clip(ASK, tmp_path, lambda _: None)
    assert caught.value.nearby == (span(-40, 9), span(30, 40))
    assert caught.value.facts["channel"] == "cam"
    assert caught.value.facts["begin"] == "2026-03-01T04:00:10.000Z"


def test_nothing_nearby_is_another_sentence(tmp_path: Path) -> None:
    far = TimeSpan(at(0) - timedelta(days=99), at(0) - timedelta(days=98))
    with pytest.raises(NothingRecorded):
        make(Covering, error=NoRecording(), covered=[far]).clip(ASK, tmp_path, lambda _: None)


def test_coverage_is_sorted_merged_and_cut() -> None:
    covered = [span(15, 40), span(-9, 3), span(12, 16), span(3, 4)]
    assert make(Covering, covered=covered).coverage("cam", span(0, 30)) == (span(0, 4), span(12, 30))


def test_points_are_listed_once() -> None:
    listed = [Point("b", "B"), Point("a", "A"), Point("b", "again")]
    assert make(Plain, _points=lambda _self: listed).points() == (Point("a", "A"), Point("b", "B"))


def test_only_codes_that_hold_are_told() -> None:
    good, ids = "99010201081320000001", "  SN\x00-7 "
    listed = [Point("a", "A", good), Point("b", "B", "99010201081180000001"), Point("c", "C", "9901", ids)]
    assert make(Plain, _points=lambda _self: listed).points() == (
        Point("a", "A", good), Point("b", "B"), Point("c", "C", None, "SN-7"),
    )  # fmt: skip


@pytest.mark.parametrize("name", ["local_files", "http_playback"])
def test_a_source_that_knows_no_codes_is_told_them(name: str) -> None:
    own: dict[str, dict[str, object]] = {
        "local_files": {"folder": "/nowhere"},
        "http_playback": {"address": "http://127.0.0.1", "channels": {"a": ""}},
    }
    codes = {"a": "99010201081320000001"}
    options = {**own[name], "codes": codes, "vendor_ids": {"a": "SN-7"}}
    assert load(name).checked_options(options).model_dump()["codes"] == codes
    with pytest.raises(InvalidOption) as caught:
        load(name).checked_options({**options, "codes": {"a": "99010201081180000001"}})
    assert (caught.value.pointer, "131, 132" in str(caught.value)) == ("/codes/a", True)


def test_every_error_has_a_slug_of_its_own_and_keeps_to_its_facts() -> None:
    kinds = shipped()
    assert len(kinds) > 25
    for slug, kind in kinds.items():
        error = kind(**dict.fromkeys(kind.FACTS, "x"))
        assert (error.slug, set(error.facts)) == (slug, set(kind.FACTS))
        assert isinstance(error, SourceFault)
        with pytest.raises(TypeError):
            kind(password="x")


def test_a_part_that_cannot_be_had_is_the_reason_when_there_is_nothing_else(tmp_path: Path) -> None:
    def footage(self: SourceAdapter, *_: object) -> Iterable[Stretch]:
        self._lost(span(12, 14), UnknownChannel(channel="x"))
        return ()

    with pytest.raises(UnknownChannel):
        make(Clipping, _footage=footage).clip(ASK, tmp_path, lambda _: None)


def test_the_reasons_of_what_is_missing() -> None:
    losses = [Loss(span(12, 14), RecordingVanished(file="a")), Loss(span(13, 15), SourceTimeout(seconds=1))]
    told = explained(span(10, 20), [span(10, 11), span(18, 19)], losses, [span(14, 17), span(19, 20)])
    assert [(it.span, it.reason.value) for it in told] == [
        (span(11, 12), "no_recording"),
        (span(12, 14), "overwritten"),
        (span(14, 15), "offline"),
        (span(15, 17), "cut_short"),
        (span(17, 18), "no_recording"),
        (span(19, 20), "cut_short"),
    ]
    assert explained(span(0, 1), [span(0, 1)], losses, [span(0, 9)]) == ()
