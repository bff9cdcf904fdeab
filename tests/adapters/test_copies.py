"""Marked copies: the right frames at the right time, with words that can be read, playable while they are written."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import av
import cv2
import numpy as np
import pytest
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange
from numpy.typing import NDArray

from adapters.errors import MarkFailed, NoRecording, RecordingVanished
from adapters.media.copies import marked, notes_of, treated
from adapters.media.letterbox import plain
from adapters.media.letters import legible
from adapters.media.panels import Clock, told
from adapters.media.planes import Canvas, view
from adapters.media.stretches import Stretch
from adapters.media.testcard import read_codes
from adapters.media.watermark import film
from broker.domain.footage.media import Capture, Treatment
from broker.domain.time import TimeSpan
from tests.adapters.films import Pixels, films_of, frames_of, given_to_the_encoder, lumas, street, stretch, write_film
from tests.adapters.recordings import GAP, START, Recording, at, span

SHANGHAI = "Asia/Shanghai"
LINES = ("王小明 东湖公安分局刑侦大队", "XL2026-000123  2026-03-01 12:00+08:00", "副本 7K3M-9QXT-AB2C")
OTHERS = [
    (LINES[0], LINES[1], "副本 7K3M-9QXT-AB2D"),
    (LINES[0], "XL2026-000124  2026-03-01 12:00+08:00", LINES[2]),
    ("王小朋 东湖公安分局刑侦大队", *LINES[1:]),
]
WHOLE = Treatment(watermark=LINES, clock=SHANGHAI)


def copied(recording: Recording, wanted: TimeSpan, folder: Path, treatment: Treatment) -> tuple[Path, Capture]:
    (piece,) = marked(films_of(recording.files), wanted, folder, lambda _: None, treatment)
    return folder / piece.file, piece.capture


@pytest.mark.parametrize("style", ["gap", "vfr", "hevc"])
def test_exactly_the_frames_of_the_span_each_at_its_time(
    style: str, recording: Callable[[str], Recording], tmp_path: Path
) -> None:
    wanted = span(17.33, 29.7)
    file, capture = copied(recording(style), wanted, tmp_path, WHOLE)
    codes, expected = read_codes(file, {"ignore_editlist": "1"}), recording(style).within(wanted)
    assert [code for _, code in codes] == expected
    for seconds, code in codes:
        assert abs(wanted.begin + timedelta(seconds=seconds) - code.instant) < timedelta(milliseconds=0.1)
    assert (capture.first, capture.last) == (expected[0].instant, expected[-1].instant)
    assert capture.frames == capture.reencoded == len(expected)
    gap = [TimeSpan(wanted.begin, GAP.begin), TimeSpan(GAP.end, wanted.end)]
    assert list(capture.obtained) == (gap if style == "gap" else [wanted])
    assert capture.sound == ""
    assert capture.notes == ()


def test_the_digest_of_the_source_is_that_of_what_was_read(
    recording: Callable[[str], Recording], tmp_path: Path
) -> None:
    digests = [
        copied(recording("cfr"), span(*ends), tmp_path, WHOLE)[1].source_digest for ends in ((1, 3), (1, 3), (6, 8))
    ]
    assert digests[0] == digests[1] != digests[2]
    assert all(len(bytes.fromhex(digest)) == 32 for digest in digests)


def test_no_frame_is_shown_late_for_want_of_an_earlier_one(
    recording: Callable[[str], Recording], tmp_path: Path
) -> None:
    file, _ = copied(recording("bframes"), span(1, 4), tmp_path, WHOLE)
    with av.open(str(file)) as container:
        stamps = [(it.dts, it.pts) for it in container.demux(container.streams.video[0]) if it.size]
    assert all(decoded == shown for decoded, shown in stamps)


def test_a_clip_plays_while_it_is_written(recording: Callable[[str], Recording], tmp_path: Path) -> None:
    wanted = span(0.5, 11.5)
    growing: list[tuple[int, int]] = []

    def look(_: float) -> None:
        file = tmp_path / "part-1.mp4"
        if file.exists() and file.stat().st_size:
            written = file.stat().st_size
            with av.open(str(file)) as container:
                growing.append((written, sum(1 for _ in container.decode(video=0))))

    (piece,) = marked(films_of(recording("cfr").files), wanted, tmp_path, look, WHOLE)
    sizes, seen = zip(*growing, strict=True)
    assert any(0 < count < piece.capture.frames for count in seen)
    assert all(before <= after for before, after in pairwise(seen))
    assert sizes[-1] < (tmp_path / piece.file).stat().st_size
    assert len(read_codes(tmp_path / piece.file)) == piece.capture.frames


def words_on_grey(lines: tuple[str, ...], shape: tuple[int, int]) -> NDArray[np.float64]:
    blank = Canvas.of_picture(np.full((*shape, 3), 128, np.uint8))
    film(lines, blank).paint(blank)
    return halved(blank.planes[0].pixels) - 128.0


def likeness(found: NDArray[np.float64], words: NDArray[np.float64]) -> float:
    """Return how much two differences of brightness look alike, 1 for exactly so."""
    return float((found * words).sum() / np.sqrt((found**2).sum() * (words**2).sum() + 1e-9))


def halved(luma: Pixels) -> NDArray[np.float64]:
    half = cv2.resize(luma, (luma.shape[1] // 2, luma.shape[0] // 2), interpolation=cv2.INTER_AREA)
    return np.asarray(half, np.float64)


@pytest.mark.parametrize(("ground", "least"), [(235, 0.5), (16, 0.5), (128, 0.9)], ids=["snow", "night", "day"])
def test_the_watermark_is_read_at_half_the_size_on_snow_and_at_night(ground: int, least: float, tmp_path: Path) -> None:
    shape = (720, 1280)
    frames = frames_of(4, lambda _: np.full((*shape, 3), ground, np.uint8))
    source = write_film(tmp_path / "flat.mp4", frames)
    bare = lumas(source)[-1]
    (piece,) = marked([stretch(source, START, 1)], span(0, 1), tmp_path, lambda _: None, Treatment(watermark=LINES))
    found = halved(lumas(tmp_path / piece.file)[-1]) - halved(bare)
    assert np.abs(found).max() > 25
    own = words_on_grey(LINES, shape)
    assert likeness(found, own) > least
    for lines in OTHERS:
        other = words_on_grey(lines, shape)
        apart = np.abs(own - other) > 8
        assert apart.any()
        assert likeness(found[apart], other[apart]) < likeness(found[apart], own[apart]) - 0.2


def test_no_corner_of_a_picture_is_without_the_watermark() -> None:
    grey = np.full((720, 1280, 3), 128, np.uint8)
    changed = (treated(grey, at(0), Treatment(watermark=LINES)) != grey).any(axis=2)
    quarters = [half for rows in np.split(changed, 2, axis=0) for half in np.split(rows, 2, axis=1)]
    assert all(0.03 < quarter.mean() < 0.4 for quarter in quarters)


def test_every_picture_says_its_own_instant(recording: Callable[[str], Recording], tmp_path: Path) -> None:
    file, capture = copied(recording("cfr"), span(1.05, 3), tmp_path, Treatment(clock=SHANGHAI))
    zone = ZoneInfo(SHANGHAI)
    assert told(at(1.1), zone) == "2026-03-01 12:00:01.100 +08:00"
    shown = [code.instant for _, code in read_codes(file)]
    assert len(shown) == capture.frames

    def off(luma: Pixels, instant: timedelta) -> float:
        clock = Clock(zone, 320, 180)
        blank = Canvas.of_frame(VideoFrame(320, 180, "yuv420p"))
        clock.paint(blank, START + instant)
        place = clock.panel.rows, clock.panel.columns
        return float(np.abs(luma[place].astype(int) - blank.planes[0].pixels[place]).mean())

    for luma, instant in zip(lumas(file), shown, strict=True):
        since = instant - START
        assert off(luma, since) < 8
        assert all(off(luma, since + timedelta(seconds=it)) > off(luma, since) for it in (-0.1, 0.1, 1, 3600))


def test_letters_that_the_font_lacks_are_written_as_their_code_points() -> None:
    assert legible("欧阳？?é №·") == "欧阳？?é №·"
    assert legible("张䶮") == "张[U+4DAE]"
    assert legible("𠮷野 😀\u200b\t!") == "[U+20BB7]野 [U+1F600][U+200B] !"
    assert notes_of(Treatment(watermark=("张䶮",))) == ("letters-by-code",)
    assert notes_of(Treatment(watermark=("张三?",))) == ()


def test_a_smaller_picture_is_asked_for_and_the_words_stay_readable(
    recording: Callable[[str], Recording], tmp_path: Path
) -> None:
    file, capture = copied(recording("cfr"), span(1, 2), tmp_path, Treatment(longest_side=240, clock=SHANGHAI))
    assert (capture.width, capture.height) == (240, 134)
    assert {luma.shape for luma in lumas(file)} == {(134, 240)}
    assert [code for _, code in read_codes(file)] == recording("cfr").within(span(1, 2))
    picture = treated(street(331, 203), at(0), Treatment(longest_side=200))
    assert picture.shape == (122, 200, 3)


STRANGE = {
    "odd": ("libx264", "yuv444p", 331, 203),
    "ten bits": ("ffv1", "yuv420p10le", 330, 203),
    "full range": ("mjpeg", "yuvj420p", 331, 202),
    "of a camera's own encoder": ("ffv1", "nv12", 330, 202),
}


@pytest.mark.parametrize(("codec", "kind", "width", "height"), STRANGE.values(), ids=STRANGE)
def test_every_kind_of_picture_becomes_one_that_players_know(
    codec: str, kind: str, width: int, height: int, tmp_path: Path
) -> None:
    def frames() -> Iterator[VideoFrame]:
        source = VideoFrame.from_ndarray(street(width, height), format="bgr24")
        for _ in range(3):
            yield source.reformat(format="yuv420p" if kind == "nv12" else kind)

    source = write_film(tmp_path / "strange.mkv", frames(), codec=codec)
    (piece,) = marked([stretch(source, START, 1)], span(0, 1), tmp_path, lambda _: None, Treatment(clock=SHANGHAI))
    assert (piece.capture.width, piece.capture.height, piece.capture.frames) == (width & ~1, height & ~1, 3)
    expected = VideoFrame.from_ndarray(street(width, height), format="bgr24").reformat(format="yuv420p")
    for luma in lumas(tmp_path / piece.file):
        off = luma[:120].astype(int) - view(expected.planes[0])[:120, : luma.shape[1]]
        assert np.abs(off).mean() < 3


def test_frames_as_a_camera_s_chip_gives_them_are_understood() -> None:
    bgr = VideoFrame.from_ndarray(street(64, 48), format="bgr24")
    usual = bgr.reformat(format="yuv420p")
    for kind in ("nv12", "yuv420p10le", "yuv444p"):
        found = plain(bgr.reformat(format=kind))
        assert found.format.name == "yuv420p"
        assert np.abs(view(found.planes[0]).astype(int) - view(usual.planes[0])).mean() < 2
    full = bgr.reformat(format="yuvj420p")
    full.color_range = ColorRange.JPEG
    assert np.abs(view(plain(full).planes[0]).astype(int) - view(usual.planes[0])).mean() < 2


def test_pictures_of_another_size_stand_in_those_of_the_first(tmp_path: Path) -> None:
    wide = write_film(tmp_path / "wide.mp4", frames_of(5, lambda _: street(320, 180)))
    tall = write_film(tmp_path / "tall.mp4", frames_of(5, lambda _: street(180, 320)))
    films = [stretch(wide, START, 0.5), stretch(tall, at(0.5), 0.5)]
    (piece,) = marked(films, span(0, 1), tmp_path, lambda _: None, WHOLE)
    pictures = lumas(tmp_path / piece.file)
    assert [picture.shape for picture in pictures] == [(180, 320)] * 10
    assert np.abs(pictures[-1][:60, :60].astype(int) - 16).mean() < 20, "a bar, but for the words on it"


def test_sound_is_left_out_and_that_is_said(tmp_path: Path) -> None:
    source = write_film(tmp_path / "loud.mp4", frames_of(10, lambda _: street(320, 180)), sound=True)
    (piece,) = marked([stretch(source, START, 1)], span(0, 1), tmp_path, lambda _: None, WHOLE)
    assert (piece.capture.sound, piece.capture.notes) == ("", ("sound-left-out",))
    with av.open(str(tmp_path / piece.file)) as container:
        assert not container.streams.audio


def test_a_file_that_is_gone_costs_its_own_part_only(recording: Callable[[str], Recording], tmp_path: Path) -> None:
    def vanished() -> int:
        raise RecordingVanished(file="gone")

    films = films_of(recording("cfr").files)
    gone = Stretch("gone", films[0].origin, films[0].span, vanished)
    (piece,) = marked([gone, *films[1:]], span(10, 14), tmp_path, lambda _: None, WHOLE)
    assert piece.capture.obtained == (span(12, 14),)
    with pytest.raises(RecordingVanished):
        marked([gone], span(1, 2), tmp_path, lambda _: None, WHOLE)
    with pytest.raises(NoRecording):
        marked(films, span(100, 101), tmp_path, lambda _: None, WHOLE)


def test_what_is_too_small_for_its_words_is_not_handed_on(tmp_path: Path) -> None:
    source = write_film(tmp_path / "tiny.mp4", frames_of(3, lambda _: street(64, 48)))
    for treatment in (Treatment(watermark=LINES), Treatment(clock=SHANGHAI), Treatment(banner="应急调阅 EMERGENCY")):
        with pytest.raises(MarkFailed, match="mark-failed"):
            marked([stretch(source, START, 1)], span(0, 1), tmp_path, lambda _: None, treatment)
        with pytest.raises(MarkFailed):
            treated(street(64, 48), at(0), treatment)
    with pytest.raises(MarkFailed):
        treated(street(640, 480), at(0), Treatment(clock="Mars/Olympus"))


def test_nothing_but_the_words_changes(
    recording: Callable[[str], Recording], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with given_to_the_encoder(monkeypatch) as bare:
        copied(recording("bframes"), span(1, 5), tmp_path, Treatment(longest_side=8000))
    with given_to_the_encoder(monkeypatch) as worded:
        copied(recording("bframes"), span(1, 5), tmp_path, Treatment(watermark=LINES))
    layer = film(LINES, Canvas.of_frame(VideoFrame(320, 180, "yuv420p"))).layers[0]
    assert layer is not None
    untouched = (layer[0] == 0) & (layer[1] == 0)
    assert 0.3 < untouched.mean() < 0.95
    for before, after in zip(bare, worded, strict=True):
        assert np.array_equal(before[0][untouched], after[0][untouched])
        assert np.array_equal(before[1], after[1])
        assert np.array_equal(before[2], after[2])
