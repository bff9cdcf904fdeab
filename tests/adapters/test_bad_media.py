"""Files that are not what their names say: each is refused with the reason, and costs its own time only."""

import json
import shutil
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from adapters.errors import (
    EmptyMedia,
    EncryptedMedia,
    MediaWithoutPictures,
    MediaWithoutVideo,
    RecordingVanished,
    TruncatedMedia,
    UnfinishedMedia,
    UnreadableMedia,
)
from adapters.local_files import LocalFilesAdapter
from broker.domain.footage.media import ClipAsk, SnapshotAsk
from tests.adapters.recordings import CHANNEL, Recording, at, clipped, delivered, shot, span

MIDDLE = f"{CHANNEL}/20260301T040012Z.mp4"


@pytest.fixture
def folder(recording: Callable[[str], Recording], tmp_path: Path) -> Path:
    """Three files of twelve seconds; the tests spoil the middle one."""
    return Path(shutil.copytree(recording("cfr").folder, tmp_path / "source"))


def adapter(folder: Path, **options: object) -> LocalFilesAdapter:
    return LocalFilesAdapter.configured({"folder": str(folder), **options})


def empty(path: Path) -> None:
    path.write_bytes(b"")


def text(path: Path) -> None:
    path.write_text("<html><title>Please sign in</title></html>")


def playlist(path: Path) -> None:
    path.write_text("#EXTM3U\n#EXTINF:12,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n")


def sound_only(path: Path) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.float32), "fltp", "mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def header_only(path: Path) -> None:
    with av.open(str(path), "w", options={"movflags": "empty_moov"}) as container:
        stream = container.add_stream("libx264", rate=5)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        container.start_encoding()


def unfinished(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def encrypted(path: Path) -> None:
    whole = path.with_suffix(".whole")
    path.rename(whole)
    key = {"encryption_scheme": "cenc-aes-ctr", "encryption_key": "00" * 16, "encryption_kid": "11" * 16}
    with av.open(str(whole), format="mp4") as given, av.open(str(path), "w", options=key) as made:
        stream = made.add_stream_from_template(given.streams.video[0])
        for packet in given.demux(video=0):
            if packet.size:
                packet.stream = stream
                made.mux(packet)
    whole.unlink()


def ten_thousand_streams(path: Path) -> None:
    content = path.read_bytes()
    begin = content.find(b"moov") - 4
    end = begin + int.from_bytes(content[begin : begin + 4], "big")
    track = content.find(b"trak", begin) - 4
    one = content[track : track + int.from_bytes(content[track : track + 4], "big")]
    head = content[begin + 8 : end] + one * 9_999
    path.write_bytes(content[:begin] + (len(head) + 8).to_bytes(4, "big") + b"moov" + head + content[end:])


def too_large_by_its_header(path: Path) -> None:
    oversized(path, told=16_384)


def too_large_by_its_pictures(path: Path) -> None:
    oversized(path, told=320)


def oversized(path: Path, told: int) -> None:
    """Write pictures of 16384 x 16384 in a file that says something about their size."""
    _, encoded = cv2.imencode(".jpg", np.zeros((16, 16, 3), np.uint8))
    picture = bytearray(encoded.tobytes())
    size = picture.find(b"\xff\xc0") + 5
    picture[size : size + 4] = (16_384).to_bytes(2, "big") * 2
    with av.open(str(path), "w", format="avi") as container:
        stream = container.add_mux_stream("mjpeg", rate=10, width=told, height=told)
        for number in range(120):
            packet = av.Packet(bytes(picture))
            packet.stream, packet.pts, packet.dts, packet.is_keyframe = stream, number, number, True
            packet.time_base = Fraction(1, 10)
            container.mux(packet)


@pytest.mark.parametrize(
    ("spoil", "kind"),
    [
        (encrypted, EncryptedMedia),
        (ten_thousand_streams, UnreadableMedia),
        (too_large_by_its_header, UnreadableMedia),
        (too_large_by_its_pictures, UnreadableMedia),
        (empty, EmptyMedia),
        (text, UnreadableMedia),
        (playlist, UnreadableMedia),
        (sound_only, MediaWithoutVideo),
        (header_only, MediaWithoutPictures),
        (unfinished, UnfinishedMedia),
        (Path.unlink, None),
    ],
)
@pytest.mark.parametrize("indexed", [False, True], ids=["by name", "by index"])
def test_the_reason_is_told(
    spoil: Callable[[Path], None], kind: type[UnreadableMedia] | None, folder: Path, tmp_path: Path, *, indexed: bool
) -> None:
    spoil(folder / MIDDLE)
    out = tmp_path / "out"
    out.mkdir()
    if indexed:  # with both times stated nobody opens the file before it is asked for
        row = {"file": MIDDLE, "channel": CHANNEL, "start": at(12).isoformat(), "end": at(24).isoformat()}
        (folder / "index.json").write_text(json.dumps([row]))
        source = adapter(folder, index="index.json")
    elif kind is None:
        return
    else:
        source = adapter(folder)
    with pytest.raises(kind or RecordingVanished) as caught:
        source.snapshot(SnapshotAsk(CHANNEL, at(15)), out)
    assert caught.value.facts["file"] == MIDDLE
    with pytest.raises(kind or RecordingVanished):
        source.clip(ClipAsk(CHANNEL, span(13, 14)), out, lambda _: None)
    assert not list(out.iterdir())


@pytest.mark.parametrize("spoil", [empty, text, sound_only, header_only, unfinished])
def test_the_files_around_still_serve(
    spoil: Callable[[Path], None], folder: Path, recording: Callable[[str], Recording], tmp_path: Path
) -> None:
    spoil(folder / MIDDLE)
    assert adapter(folder).coverage(CHANNEL, span(0, 36)) == (span(0, 12), span(24, 36))
    capture, codes = clipped(folder, span(10, 26), tmp_path)
    assert capture.obtained == (span(10, 12), span(24, 26))
    assert [code for _, code in codes] == recording("cfr").within(span(10, 12)) + recording("cfr").within(span(24, 26))


def test_a_truncated_file_serves_as_far_as_it_goes(folder: Path, tmp_path: Path) -> None:
    for file in sorted((folder / CHANNEL).iterdir())[::2]:
        file.unlink()
    clipped(folder, span(12, 24), tmp_path)
    # The index of a clip stands first, so half of the file is half of the pictures.
    content = (tmp_path / "part-1.mp4").read_bytes()
    (folder / MIDDLE).write_bytes(content[: len(content) // 2])
    capture, timed = clipped(folder, span(12, 24), tmp_path)
    codes = [code for _, code in timed]
    assert 20 < capture.frames == len(codes) < 100
    assert capture.obtained[0].begin == at(12)
    assert codes[-1].instant < capture.obtained[-1].end < at(22)
    shot(folder, at(13), tmp_path)
    with pytest.raises(TruncatedMedia):
        shot(folder, at(23), tmp_path)


def test_damage_in_the_middle_does_not_stop_what_follows(folder: Path, tmp_path: Path) -> None:
    content = bytearray((folder / MIDDLE).read_bytes())
    middle = len(content) // 2
    content[middle : middle + 4000] = bytes(4000)
    (folder / MIDDLE).write_bytes(content)
    source = adapter(folder)
    ((_, capture),) = delivered(source.clip(ClipAsk(CHANNEL, span(12, 24)), tmp_path, lambda _: None), tmp_path)
    assert capture.frames > 100
    assert "recording-damaged" in capture.notes
    assert capture.last == at(23.9)
