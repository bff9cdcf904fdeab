"""Containers other than MP4, and MP4 as others write it: the same frames under the same instants."""

import os
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import av
import pytest

from adapters.errors import UnreadableMedia
from adapters.local_files import LocalFilesAdapter
from adapters.media import inspect
from adapters.media.containers import read_head
from adapters.media.mp4_head import read_mp4_head
from broker.domain.footage.media import SnapshotAsk
from tests.adapters.recordings import CHANNEL, START, Recording, at, clipped, delivered, shot, span


def remuxed(source: Path, target: Path, options: dict[str, str] | None = None, shift: int = 0) -> None:
    """Copy the packets into another container, `shift` seconds later on its clock."""
    with av.open(str(source)) as given, av.open(str(target), "w", options=options) as made:
        stream = given.streams.video[0]
        copy = made.add_stream_from_template(stream)
        for packet in given.demux(stream):
            if packet.dts is None or packet.pts is None:
                continue
            ahead = int(shift / packet.time_base)
            packet.dts, packet.pts, packet.stream = packet.dts + ahead, packet.pts + ahead, copy
            made.mux(packet)


@pytest.mark.parametrize(
    ("ending", "options", "shift"),
    [
        ("mkv", None, 0),
        ("ts", None, 0),
        ("ts", None, 4000),
        ("mp4", {"movflags": "frag_keyframe+empty_moov+default_base_moof"}, 0),
        ("mp4", {"movflags": "faststart"}, 0),
    ],
)
def test_frames_keep_their_instants(
    ending: str, options: dict[str, str] | None, shift: int, recording: Callable[[str], Recording], tmp_path: Path
) -> None:
    source, folder = recording("cfr"), tmp_path / "source"
    (folder / CHANNEL).mkdir(parents=True)
    for file in source.files:
        remuxed(file, folder / CHANNEL / f"{file.stem}.{ending}", options, shift)
    pattern = "{channel}/{start:%Y%m%dT%H%M%S}Z." + ending
    adapter = LocalFilesAdapter.configured({"folder": str(folder), "pattern": pattern})
    assert adapter.coverage(CHANNEL, span(0, 36)) == (span(0, 36),)
    wanted = span(9.95, 14.35)
    capture, codes = clipped(folder, wanted, tmp_path, pattern=pattern)
    assert [code for _, code in codes] == source.within(wanted)
    assert capture.first == source.within(wanted)[0].instant
    assert capture.reencoded < capture.frames
    assert shot(folder, at(13.17), tmp_path, pattern=pattern)[1] == source.shown(at(13.17))


def test_the_header_alone_says_what_ffmpeg_says(recording: Callable[[str], Recording]) -> None:
    for style in ("cfr", "vfr", "hevc"):
        for file in recording(style).files:
            with file.open("rb") as opened:
                short = read_mp4_head(opened.fileno(), file.name)
            long = read_head(os.open(file, os.O_RDONLY), file.name)
            assert short is not None
            # With a variable rate nobody knows how long the last frame was shown: up to one frame's time.
            assert abs(short.duration - long.duration) < timedelta(milliseconds=100 if style == "vfr" else 1)
            assert short.created == long.created


def test_a_file_with_an_absurd_length_is_measured(recording: Callable[[str], Recording], tmp_path: Path) -> None:
    file = Path(shutil.copy(recording("cfr").files[0], tmp_path / "file.mp4"))
    content = bytearray(file.read_bytes())
    for box, place in ((b"mvhd", 20), (b"tkhd", 24), (b"mdhd", 20), (b"elst", 12)):
        found = content.find(box)
        if found >= 0:
            content[found + place : found + place + 4] = b"\x7f\xff\xff\xff"
    file.write_bytes(content)
    head = inspect(os.open(file, os.O_RDONLY), file.name)
    assert abs(head.duration - timedelta(seconds=12)) < timedelta(seconds=1)


def test_the_time_of_creation_stands_in_for_a_name_without_one(
    recording: Callable[[str], Recording], tmp_path: Path
) -> None:
    source = recording("cfr")
    for number, file in enumerate(source.files):
        shutil.copy(file, tmp_path / f"door-{number}.mp4")
    adapter = LocalFilesAdapter.configured({"folder": str(tmp_path), "pattern": "{channel}-{any}.mp4"})
    assert adapter.coverage("door", span(-5, 60)) == (span(0, 36),)
    ((_, capture),) = delivered(adapter.snapshot(SnapshotAsk("door", at(20)), tmp_path), tmp_path)
    assert capture.first == START + timedelta(seconds=20)


@pytest.mark.parametrize("kind", ["hls", "concat"])
def test_a_playlist_that_calls_itself_a_video_opens_no_other_file(
    kind: str, recording: Callable[[str], Recording], tmp_path: Path
) -> None:
    other = tmp_path / "elsewhere.ts"
    remuxed(recording("cfr").files[0], other)
    path = tmp_path / "source" / CHANNEL / "20260301T040000Z.mp4"
    path.parent.mkdir(parents=True)
    with other.open("rb") as opened:
        # A file that is open anyway is within reach of a relative name: decoders get /proc/self/fd/number.
        concat = ("ffconcat version 1.0", f"file {opened.fileno()}")
        hls = ("#EXTM3U", "#EXT-X-TARGETDURATION:12", "#EXTINF:12,", f"file://{other}", "#EXT-X-ENDLIST")
        path.write_text("\n".join(concat if kind == "concat" else hls) + "\n")
        adapter = LocalFilesAdapter.configured({"folder": str(tmp_path / "source")})
        with pytest.raises(UnreadableMedia):
            adapter.snapshot(SnapshotAsk(CHANNEL, at(3)), tmp_path)
