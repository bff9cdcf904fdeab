"""Clips as they were recorded: exact to the frame over every seam, and copied wherever that can be."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from adapters.errors import NoRecording, RecordingVanished
from adapters.media import originals
from adapters.media.originals import cut
from adapters.media.stretches import Stretch
from adapters.media.testcard import Code, read_codes
from broker.domain.footage.media import Piece
from broker.domain.time import TimeSpan
from tests.adapters.coded import Coded, Film, film
from tests.adapters.recordings import at, span

FIXED = "keyint=10:min-keyint=10:scenecut=0:b-adapt=0"
QUIET = f"{FIXED}:log-level=none:pools=none"


def h264(order: str = FIXED, **options: str) -> dict[str, str]:
    return {"preset": "ultrafast", "x264-params": order, **options}


def h265(order: str) -> dict[str, str]:
    return {"preset": "ultrafast", "x265-params": f"{QUIET}:{order}"}


JOINABLE = {
    "h264": Coded(options=h264()),
    "h264, B-frames, variable rate": Coded(options=h264(f"{FIXED}:bframes=3"), vfr=True),
    "h264, B-frames as references": Coded(options=h264(f"{FIXED}:bframes=5:b-pyramid=normal:ref=3")),
    "h264, baseline": Coded(options=h264(profile="baseline")),
    "h264, every id but one taken": Coded(options=h264(f"{FIXED}:sps-id=1")),
    "h264, full range": Coded(options=h264(), pixels="yuvj420p"),
    "h264 in MPEG-TS": Coded("file.ts", options=h264(f"{FIXED}:bframes=2")),
    "h264 in Matroska": Coded("file.mkv", options=h264(f"{FIXED}:bframes=2")),
    "h264 in AVI": Coded("file.avi", options=h264(f"{FIXED}:bframes=0")),
    "h265": Coded(codec="libx265", options=h265("bframes=0")),
    "h265, closed groups": Coded(codec="libx265", options=h265("bframes=3:open-gop=0"), vfr=True),
    "h265, open groups": Coded(codec="libx265", options=h265("bframes=3:open-gop=1")),
    "h265, leading pictures": Coded(codec="libx265", options=h265("bframes=3:open-gop=0:radl=2")),
    "h265 in MPEG-TS": Coded("file.ts", codec="libx265", options=h265("bframes=3:open-gop=1")),
}
FOREIGN = {
    "h264, 4:2:2": Coded(options=h264(), pixels="yuv422p"),
    "h264, 10 bits": Coded(options=h264(), pixels="yuv420p10le"),
    "h264, interlaced": Coded(options=h264(f"{FIXED}:interlaced=1")),
    "mpeg4 in AVI": Coded("file.avi", "mpeg4", {"g": "10"}),
    "mjpeg in AVI": Coded("file.avi", "mjpeg", pixels="yuvj420p"),
}
# Between key frames at both ends, and from one on.
SPANS = (span(1.25, 3.45), span(0.3, 2.6), span(1, 3))


def taken(films: list[Film], wanted: TimeSpan, out: Path, *, sound: bool = True) -> list[Piece]:
    out.mkdir(exist_ok=True)
    touched = [it for it in films if it.span.overlap(wanted)]
    return cut([it.stretch(wanted) for it in touched], wanted, out, lambda _: None, sound=sound)


def shown(out: Path, pieces: list[Piece]) -> list[Code]:
    """Return the codes of every picture in the files, whether a player would show it or not."""
    timed = [read_codes(out / piece.file) for piece in pieces]
    hidden = [read_codes(out / piece.file, {"ignore_editlist": "1"}) for piece in pieces]
    assert [[code for _, code in each] for each in timed] == [[code for _, code in each] for each in hidden]
    return [code for each in timed for _, code in each]


@pytest.mark.parametrize("coded", JOINABLE.values(), ids=JOINABLE)
def test_only_the_ends_are_encoded_anew(coded: Coded, tmp_path: Path) -> None:
    source = film(tmp_path, coded)
    for number, wanted in enumerate(SPANS):
        out = tmp_path / str(number)
        ((piece),) = taken([source], wanted, out)
        expected, capture = source.within(wanted), piece.capture
        assert shown(out, [piece]) == expected
        for seconds, code in read_codes(out / piece.file):
            assert abs((code.instant - wanted.begin).total_seconds() - seconds) < 1e-4
        assert (capture.first, capture.last) == (expected[0].instant, expected[-1].instant)
        assert (capture.frames, capture.obtained, capture.notes) == (len(expected), (wanted,), ())
        assert capture.reencoded <= len(expected) * 3 // 4


@pytest.mark.parametrize("coded", FOREIGN.values(), ids=FOREIGN)
def test_what_cannot_be_joined_is_encoded_anew_and_says_so(coded: Coded, tmp_path: Path) -> None:
    source = film(tmp_path, coded)
    (piece,) = taken([source], SPANS[0], tmp_path / "out")
    assert shown(tmp_path / "out", [piece]) == source.within(SPANS[0])
    assert (piece.capture.notes, piece.capture.codec) == (("cut-recoded",), "h264")
    assert piece.capture.reencoded == piece.capture.frames


def test_without_a_clean_entry_every_picture_is_drawn(tmp_path: Path) -> None:
    source = film(tmp_path, Coded(options=h264(f"{FIXED}:bframes=3:open-gop=1")))
    (piece,) = taken([source], SPANS[0], tmp_path / "out")
    assert shown(tmp_path / "out", [piece]) == source.within(SPANS[0])
    assert piece.capture.reencoded == piece.capture.frames


def test_copied_packets_are_the_packets_of_the_recording(tmp_path: Path) -> None:
    source = film(tmp_path, JOINABLE["h264"])
    (piece,) = taken([source], span(0.3, 3.6), tmp_path / "out")

    def packets(path: Path) -> list[bytes]:
        with av.open(str(path)) as container:
            return [bytes(packet) for packet in container.demux(video=0) if packet.size]

    recorded, written = packets(source.path), packets(tmp_path / "out" / piece.file)
    copied = written[piece.capture.reencoded :]
    assert len(copied) > 20
    assert b"".join(copied) in b"".join(recorded)


def test_files_are_joined_with_the_time_between_them(tmp_path: Path) -> None:
    coded = JOINABLE["h264, B-frames, variable rate"]
    films = [film(tmp_path, Coded(f"{begin}.mp4", options=coded.options, vfr=True), begin, 2) for begin in (0, 2, 7)]
    wanted = span(0.5, 8.35)
    (piece,) = taken(films, wanted, tmp_path / "out")
    assert shown(tmp_path / "out", [piece]) == [code for it in films for code in it.within(wanted)]
    assert piece.capture.obtained == (span(0.5, 4), span(7, 8.35))
    assert piece.capture.notes == ()
    times = [seconds for seconds, _ in read_codes(tmp_path / "out" / piece.file)]
    assert max(np.diff(times)) == pytest.approx(
        (films[2].codes[0].instant - films[1].codes[-1].instant).total_seconds()
    )


CHANGES = {
    "codec": Coded("b.mp4", "libx265", h265("bframes=2")),
    "size": Coded("b.mp4", options=h264(), size=(320, 180)),
    "parameters": Coded("b.mp4", options=h264(f"{FIXED}:ref=4:bframes=2")),
    "nothing that can be joined": Coded("b.avi", "mpeg4", {"g": "10"}),
    "sound": Coded("b.mp4", options=h264(), sound="aac"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_begins_a_new_file(change: Coded, tmp_path: Path) -> None:
    films = [film(tmp_path, Coded(options=h264()), 0, 2), film(tmp_path, change, 2, 2)]
    films.append(film(tmp_path, Coded("c.mp4", change.codec, change.options, size=change.size), 4, 1))
    films = films[:2] if change.sound or "avi" in change.name else films
    wanted = span(0.75, 4.55)
    first, second = taken(films, wanted, tmp_path / "out")
    assert (first.file, second.file) == ("part-1.mp4", "part-2.mp4")
    assert shown(tmp_path / "out", [first, second]) == [code for it in films for code in it.within(wanted)]
    assert (first.capture.width, first.capture.height) == (256, 144)
    assert (second.capture.width, second.capture.height) == change.size
    assert "codec-changed" in second.capture.notes
    assert "codec-changed" not in first.capture.notes
    assert first.capture.obtained[-1].end == second.capture.obtained[0].begin == at(2)
    # Nought of both files is the beginning of the span.
    assert read_codes(tmp_path / "out" / second.file)[0][0] == pytest.approx(1.25, abs=1e-4)


SOUNDS = {
    "aac": (Coded(options=h264(), sound="aac", loud=(0, 1.25)), "aac", ()),
    "opus": (Coded(options=h264(), sound="libopus", loud=(0, 1.25)), "opus", ()),
    "aac in MPEG-TS": (Coded("file.ts", options=h264(), sound="aac", loud=(0, 1.25)), "aac", ()),
    "G.711": (Coded("file.mov", options=h264(), sound="pcm_alaw", loud=(0, 1.25)), "aac", ("sound-transcoded",)),
}


@pytest.mark.parametrize(("coded", "codec", "notes"), SOUNDS.values(), ids=SOUNDS)
def test_nothing_is_heard_from_before_the_beginning(
    coded: Coded, codec: str, notes: tuple[str, ...], tmp_path: Path
) -> None:
    source, wanted = film(tmp_path, coded), span(1.25, 3.45)
    (piece,) = taken([source], wanted, tmp_path / "out")
    assert (piece.capture.sound, piece.capture.notes) == (codec, notes)
    assert shown(tmp_path / "out", [piece]) == source.within(wanted)
    times, loudest = heard(tmp_path / "out" / piece.file)
    assert times[0] >= 0
    assert 2.0 < times[-1] <= wanted.seconds
    assert loudest < 0.01  # every sample of the span is silence, every one before it is not
    (piece,) = taken([source], span(1.0, 3.45), tmp_path / "out")
    assert heard(tmp_path / "out" / piece.file)[1] > 0.1


def heard(path: Path) -> tuple[list[float], float]:
    """Return where each packet of sound begins and where the last ends, and the loudest sample."""
    with av.open(str(path), options={"ignore_editlist": "1"}) as container:
        stream = container.streams.audio[0]
        packets = [packet for packet in container.demux(stream) if packet.size]
        times = [float((packet.pts or 0) * packet.time_base) for packet in packets]
        times.append(times[-1] + float((packets[-1].duration or 0) * packets[-1].time_base))
        container.seek(0)
        return times, max(float(np.abs(frame.to_ndarray()).max()) for frame in container.decode(stream))


def test_sound_is_left_out_where_it_is_not_wanted(tmp_path: Path) -> None:
    source = film(tmp_path, SOUNDS["aac"][0])
    (piece,) = taken([source], span(1, 3), tmp_path / "out", sound=False)
    assert (piece.capture.sound, piece.capture.notes) == ("", ("sound-left-out",))
    with av.open(str(tmp_path / "out" / piece.file)) as container:
        assert [stream.type for stream in container.streams] == ["video"]


def test_a_seam_that_does_not_decode_costs_the_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = film(tmp_path, JOINABLE["h264"])
    answers = iter([False, True])
    monkeypatch.setattr(originals, "holds", lambda *_: next(answers))
    (piece,) = taken([source], SPANS[0], tmp_path / "out")
    assert shown(tmp_path / "out", [piece]) == source.within(SPANS[0])
    assert piece.capture.notes == ("cut-recoded",)


def test_the_check_finds_a_broken_seam(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # An encoder whose parameter sets collide with those of the recording.
    monkeypatch.setattr("adapters.media.smartcut.avc.Avc._free_id", lambda _: 0)
    source = film(tmp_path, JOINABLE["h264, B-frames as references"])
    (piece,) = taken([source], SPANS[0], tmp_path / "out")
    assert shown(tmp_path / "out", [piece]) == source.within(SPANS[0])
    assert piece.capture.notes == ("cut-recoded",)


def test_a_file_that_is_gone_costs_its_own_part(tmp_path: Path) -> None:
    films = [film(tmp_path, Coded(f"{begin}.mp4", options=h264()), begin, 2) for begin in (0, 2, 4)]

    def gone() -> int:
        raise RecordingVanished(file="2.mp4")

    stretches = [it.stretch(span(0, 6)) for it in films]
    stretches[1] = Stretch("2.mp4", at(2), span(2, 4), gone)
    (piece,) = cut(stretches, span(0, 6), tmp_path, lambda _: None, sound=True)
    assert piece.capture.obtained == (span(0, 2), span(4, 6))
    with pytest.raises(RecordingVanished):
        cut(stretches[1:2], span(0, 6), tmp_path, lambda _: None, sound=True)
    with pytest.raises(NoRecording):
        cut([], span(0, 6), tmp_path, lambda _: None, sound=True)


def test_each_file_is_worked_on_before_the_next_is_asked_for(tmp_path: Path) -> None:
    films = [film(tmp_path, Coded(f"{begin}.mp4", options=h264()), begin, 4) for begin in (0, 4)]
    wanted, told = span(0.5, 7.5), list[float]()

    def fetched() -> Iterator[Stretch]:
        yield films[0].stretch(wanted)
        assert told[-1] >= 1
        yield films[1].stretch(wanted)

    cut(fetched(), wanted, tmp_path, told.append, sound=True)
    assert told == sorted(told)
    assert 6 <= told[-1] < 7


def test_the_digest_is_that_of_the_packets(tmp_path: Path) -> None:
    one, other = (film(tmp_path, Coded(f"{crf}.mp4", options=h264(crf=crf))) for crf in ("20", "30"))
    copy = Film(Path(shutil.copy(one.path, tmp_path / "copy.mp4")), one.codes, one.span)
    digests = [taken([it], SPANS[0], tmp_path / "out")[0].capture.source_digest for it in (one, copy, other)]
    assert digests[0] == digests[1] != digests[2]
    assert len(digests[0]) == 64


def test_a_second_decoder_finds_the_same_pictures(tmp_path: Path) -> None:
    program = shutil.which("ffmpeg")
    if program is None:
        pytest.skip("there is no program ffmpeg")
    for number, coded in enumerate((JOINABLE["h264, B-frames as references"], JOINABLE["h265, open groups"])):
        source, out = film(tmp_path, coded), tmp_path / str(number)
        (piece,) = taken([source], SPANS[0], out)
        order = [program, "-v", "error", "-i", str(out / piece.file), "-f", "rawvideo", "-pix_fmt", "gray", "-"]
        done = subprocess.run(order, capture_output=True, check=True, env={**os.environ, "LC_ALL": "C"})
        assert done.stderr == b""
        assert len(done.stdout) == piece.capture.frames * coded.size[0] * coded.size[1]
