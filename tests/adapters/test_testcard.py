"""The made-up recordings are what the other tests take them for."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest
from av.video.frame import VideoFrame

from adapters.media.barcode import Code, UnreadableCodeError, read_code, strip, write_code
from adapters.media.letterbox import fitted
from adapters.media.planes import view
from adapters.media.testcard import Style, read_codes, write_recording, write_recordings
from tests.adapters.recordings import CHANNEL, GAP, SECONDS, START, STYLES, Recording, at


@pytest.mark.parametrize("style", STYLES)
def test_every_frame_says_when_it_was_taken(style: str, recording: Callable[[str], Recording]) -> None:
    for file in recording(style).files:
        begin = START + timedelta(seconds=int(file.stem[13:15]))
        for seconds, code in read_codes(file):
            assert begin + timedelta(seconds=round(seconds, 3)) == code.instant


def test_numbers_count_and_instants_follow_the_rate(recording: Callable[[str], Recording]) -> None:
    codes = recording("cfr").codes
    assert [code.number for code in codes] == list(range(SECONDS * 10))
    assert [code.instant for code in codes] == [at(number / 10) for number in range(SECONDS * 10)]
    lost = SECONDS * 10 - len(recording("vfr").codes)
    assert 10 < lost < 80


def test_a_gap_ends_one_file_and_begins_another(recording: Callable[[str], Recording]) -> None:
    source = recording("gap")
    assert [file.name[9:15] for file in source.files] == ["040000", "040012", "040026", "040024"] or [
        file.name[9:15] for file in source.files
    ] == ["040000", "040012", "040026"]
    assert not [code for code in source.codes if GAP.holds_instant(code.instant)]


def test_many_cameras_at_once_are_the_same_as_one_after_another(tmp_path: Path) -> None:
    style = Style(fps=5, size=(320, 180), segment=timedelta(seconds=6))
    told: list[tuple[int, int]] = []
    cameras = {"1": "东门", "2": "西门"}
    together = write_recordings(
        tmp_path / "a", cameras, START, 0.2, style=style, progress=lambda done, of: told.append((done, of))
    )
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]
    alone = write_recording(tmp_path / "b", "2", START, 0.2, style=style, name="西门")
    assert [file.read_bytes() for file in together[2:]] == [file.read_bytes() for file in alone]
    assert read_codes(together[0]) == read_codes(alone[0])
    assert together[0].read_bytes() != alone[0].read_bytes()


@pytest.mark.parametrize("size", [(1280, 720), (240, 134), (500, 280)])
@pytest.mark.parametrize("quality", [90, 20])
def test_the_code_survives_scaling_and_poor_compression(size: tuple[int, int], quality: int) -> None:
    luma = np.random.default_rng(1).integers(60, 190, (360, 640)).astype(np.uint8)
    code = Code(0xDEADBEEF, at(1.234))
    write_code(luma, code)
    small = cv2.resize(luma, size, interpolation=cv2.INTER_AREA)
    _, packed = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert read_code(np.asarray(cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE), np.uint8)) == code


def test_a_damaged_code_is_refused() -> None:
    luma = np.full((180, 320), 90, np.uint8)
    with pytest.raises(UnreadableCodeError):
        read_code(luma)
    write_code(luma, Code(7, at(0)))
    rows, columns = strip(320, 180)
    luma[rows, columns.start + 100 : columns.start + 120] ^= 0xFF
    with pytest.raises(UnreadableCodeError):
        read_code(luma)


def test_name_and_clock_are_drawn(tmp_path: Path) -> None:
    style = Style(fps=5, size=(640, 360))
    pictures = {}
    for name in ("人民路", "???"):
        (file,) = write_recording(tmp_path / name[:1].replace("?", "q"), CHANNEL, START, 1 / 60, style=style, name=name)
        pictures[name] = cv2.VideoCapture(str(file)).read()[1]
    panel = slice(332, 360)
    chinese, unknown = (picture[panel, :200].astype(int) for picture in pictures.values())
    assert np.abs(chinese - unknown).mean() > 5


def test_a_frame_of_another_shape_gets_bars() -> None:
    frame = VideoFrame(240, 180, "yuv420p")
    for plane, value in zip(frame.planes, (200, 100, 90), strict=True):
        view(plane)[:] = value
    framed = fitted(frame, 320, 180)
    luma, blue = view(framed.planes[0]), view(framed.planes[1])
    assert luma.shape == (180, 320)
    assert luma[90, 20] == 16
    assert luma[90, 160] == 200
    assert (blue[45, 10], blue[45, 80]) == (128, 100)


@pytest.mark.parametrize("size", [(321, 181), (320, 181), (321, 180)])
def test_odd_sizes_lose_a_row_or_a_column(size: tuple[int, int]) -> None:
    frame = VideoFrame(*size, "yuv444p")
    for plane in frame.planes:
        view(plane)[:] = 77
    framed = fitted(frame, 320, 180)
    assert (framed.width, framed.height, framed.format.name) == (320, 180, "yuv420p")
    assert (view(framed.planes[0]) == 77).all()
