"""What servers do to those who ask them: found out, reported, never delivered as something else."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from adapters.errors import (
    AddressRefused,
    ImpossibleAnswer,
    MediaWithoutVideo,
    NoRecording,
    SourceBusy,
    SourceFailed,
    SourceRedirects,
    SourceRefusesEntry,
    SourceTimeout,
    SourceUnreachable,
    UnknownChannel,
    Unsupported,
)
from adapters.media.recorder import Recorder
from adapters.media.testcard import Style, read_codes, write_recording
from adapters.rtsp import RtspAdapter
from broker.domain.footage.media import ClipAsk, Fetched
from broker.domain.requests.coverage import MissingReason
from broker.domain.time import TimeSpan
from tests.adapters.films import lumas
from tests.rtsp.asking import BEGIN, SECRET, adapter, at, span
from tests.rtsp.conftest import RECORDED
from tests.rtsp.stand_in import Asked, Camera, in_sequence, packets_of, sdp, seconds_of, stamp_of, standing_in


def clip(source: RtspAdapter, asked: TimeSpan, folder: Path) -> Fetched:
    return source.clip(ClipAsk("cam1", asked), folder, lambda _: None)


def numbers(fetched: Fetched, folder: Path) -> list[int]:
    return [code.number for piece in fetched.pieces for _, code in read_codes(folder / piece.file)]


@pytest.fixture(scope="module")
def packets(recording: Path) -> list[bytes]:
    return packets_of(recording, BEGIN)


@pytest.fixture
def camera(packets: list[bytes]) -> Iterator[Camera]:
    with standing_in(Camera(packets)) as standing:
        yield standing


def test_pictures_come_out_as_they_went_in(camera: Camera, tmp_path: Path) -> None:
    fetched = clip(adapter(camera), span(3.3, 8), tmp_path)
    assert numbers(fetched, tmp_path) == list(range(33, 80))
    assert fetched.missing == ()


@pytest.mark.parametrize(
    "style",
    [
        Style(fps=10, size=(320, 180), gop=20, bframes=2),
        Style(fps=10, size=(320, 180), gop=20, codec="hevc", bframes=2),
        Style(fps=10, size=(320, 180), gop=20, vfr=True),
    ],
    ids=["B-frames", "H.265 with B-frames", "variable rate"],
)
def test_other_ways_of_coding_keep_every_instant(style: Style, tmp_path: Path) -> None:
    (recording,) = write_recording(tmp_path, "rec", BEGIN, 0.1, style=style)
    wanted = [code for _, code in read_codes(recording) if at(1.5) <= code.instant < at(4.5)]
    (tmp_path / "out").mkdir()
    made = packets_of(recording, BEGIN)
    with standing_in(Camera(made, "H265" if style.codec == "hevc" else "H264")) as camera:
        fetched = clip(adapter(camera), span(1.5, 4.5), tmp_path / "out")
    found = [code for piece in fetched.pieces for _, code in read_codes(tmp_path / "out" / piece.file)]
    assert found == wanted


def test_lost_packets_cost_what_leans_on_them_and_are_told(camera: Camera, tmp_path: Path) -> None:
    """Key frames every two seconds: the picture at 2.1 s is damaged, so nothing is shown until 4.0 s."""
    lost = next(number for number, packet in enumerate(camera.packets) if seconds_of(packet) > 2.05)
    camera.packets = [*camera.packets[:lost], *camera.packets[lost + 1 :]]
    fetched = clip(adapter(camera), span(1, 6), tmp_path)
    assert numbers(fetched, tmp_path) == [*range(10, 21), *range(40, 60)]
    assert [(it.span, it.reason) for it in fetched.missing] == [(span(2.1, 4), MissingReason.CUT_SHORT)]


def test_a_loss_of_less_than_a_second_is_told_too(camera: Camera, tmp_path: Path) -> None:
    camera.packets = [it for it in camera.packets if round(seconds_of(it), 3) != 3.7]
    fetched = clip(adapter(camera), span(1, 6), tmp_path)
    assert numbers(fetched, tmp_path) == [*range(10, 37), *range(40, 60)]
    assert [it.span for it in fetched.missing] == [span(3.7, 4)]
    ask = ClipAsk("cam1", span(1, 6))
    (tmp_path / "kept").mkdir()
    assert adapter(camera).keep(ask, tmp_path / "kept", lambda _: None).missing == fetched.missing


def test_recordings_that_overlap_are_not_mixed(recording: Path, tmp_path: Path) -> None:
    """What follows the end of one is decoded from the key frame of the other, which looks otherwise."""
    style = Style(fps=10, size=(320, 180), gop=20)
    other = Recorder(tmp_path, "other", "no such place", RECORDED, style).write(span(3.5, 12))
    first = [it for it in packets_of(recording, BEGIN) if seconds_of(it) < 3.95]
    (tmp_path / "out").mkdir()
    with standing_in(Camera(in_sequence([*first, *packets_of(other, BEGIN, after=3.5)]))) as camera:
        fetched = clip(adapter(camera), span(2, 8), tmp_path / "out")
    assert numbers(fetched, tmp_path / "out") == list(range(20, 80))
    shown = [picture for piece in fetched.pieces for picture in lumas(tmp_path / "out" / piece.file)]
    pairs = zip(shown[20:], lumas(other)[5:45], strict=True)
    # Until the next key frame they are encoded anew, so they are not quite the same.
    assert max(np.abs(np.subtract(one, two, dtype=int)).max() for one, two in pairs) < 20


def test_what_breaks_off_is_asked_for_again(camera: Camera, tmp_path: Path) -> None:
    whole = list(camera.packets)

    def play(asked: Asked) -> bytes:
        begin = 0 if camera.connections == 1 else 4
        part = [it for it in whole if begin <= seconds_of(it) < begin + 5]
        return asked.good(f"Range: {asked.headers['range']}").encode() + b"".join(part)

    camera.replies["PLAY"] = play
    fetched = clip(adapter(camera), span(1, 8), tmp_path)
    assert numbers(fetched, tmp_path) == list(range(10, 80))
    assert fetched.missing == ()
    asked = [it.headers["range"] for it in camera.asked if it.method == "PLAY"]
    assert asked == [
        "clock=20260101T190400.863Z-20260101T190409.000Z",
        "clock=20260101T190404.863Z-20260101T190409.000Z",
    ]


def test_an_answer_that_is_shorter_is_told(camera: Camera, tmp_path: Path) -> None:
    camera.packets = [it for it in camera.packets if seconds_of(it) < 5]
    fetched = clip(adapter(camera), span(1, 8), tmp_path)
    assert [(it.span, it.reason) for it in fetched.missing] == [(span(5, 8), MissingReason.CUT_SHORT)]


def test_a_server_that_ignores_the_range_is_found_out(recording: Path, tmp_path: Path) -> None:
    with standing_in(Camera(packets_of(recording, BEGIN, stamped=False))) as camera:
        camera.replies["PLAY"] = lambda it: it.good("Range: npt=0.000-").encode() + b"".join(camera.packets)
        with pytest.raises(ImpossibleAnswer):
            clip(adapter(camera), span(3, 8), tmp_path)
        camera.replies["PLAY"] = lambda it: it.good().encode() + b"".join(camera.packets)
        with pytest.raises(ImpossibleAnswer):
            clip(adapter(camera), span(3, 8), tmp_path)


def test_an_answer_that_repeats_the_question_says_nothing(recording: Path, tmp_path: Path) -> None:
    """It begins at the key frame before, at 2.0 s, and claims to begin at 2.863 s: all instants would be wrong."""
    part = [it for it in packets_of(recording, BEGIN, stamped=False) if seconds_of(it) >= 2]
    with standing_in(Camera(part)) as camera:
        with pytest.raises(ImpossibleAnswer):
            clip(adapter(camera, onvif_replay=False), span(3, 8), tmp_path)
        believed = clip(adapter(camera, onvif_replay=False, range_is_exact=True), span(3, 8), tmp_path)
    assert believed.pieces


def test_pictures_of_another_time_than_the_answer_says_are_refused(camera: Camera, tmp_path: Path) -> None:
    hour = "Range: clock=20260101T200400Z-"
    camera.replies["PLAY"] = lambda it: it.good(hour).encode() + b"".join(camera.packets)
    with pytest.raises(ImpossibleAnswer):
        clip(adapter(camera), span(3603, 3608), tmp_path)


def test_time_stamps_in_milliseconds_are_found_out(recording: Path, tmp_path: Path) -> None:
    """By them twelve seconds are an eighth of one, and pictures from behind the end would lie in the span."""
    ninetieth = [
        it[:8] + int(seconds_of(it) * 1000).to_bytes(4, "big") + it[12:]
        for it in packets_of(recording, BEGIN, stamped=False)
        if seconds_of(it) >= 2
    ]
    with standing_in(Camera(ninetieth)) as camera:
        camera.replies["PLAY"] = lambda it: it.good("Range: clock=20260101T190402Z-").encode() + b"".join(ninetieth)
        with pytest.raises(ImpossibleAnswer):
            clip(adapter(camera), span(2, 8), tmp_path)


def test_npt_is_counted_from_the_origin(recording: Path, tmp_path: Path) -> None:
    """Echoed from the key frame before, as servers do; the time stamps begin at the one of RTP-Info."""
    whole = packets_of(recording, BEGIN, stamped=False)
    part = [it for it in whole if stamp_of(it) >= stamp_of(whole[0]) + 2 * 90000]
    info = f"RTP-Info: url=trackID=1;seq=1;rtptime={stamp_of(part[0]) % (1 << 32)}"
    with standing_in(Camera(part)) as camera:
        camera.replies["PLAY"] = lambda it: it.good("Range: npt=2.0-9.5", info).encode() + b"".join(camera.packets)
        source = adapter(camera, onvif_replay=False, range="npt", origin=BEGIN.isoformat())
        fetched = clip(source, span(3.3, 8.5), tmp_path)
    assert numbers(fetched, tmp_path) == list(range(33, 85))
    assert [it.headers["range"] for it in camera.asked if it.method == "PLAY"] == ["npt=3.163-9.501"]


@pytest.mark.parametrize(
    ("method", "status", "error"),
    [
        ("DESCRIBE", 302, SourceRedirects),
        ("OPTIONS", 301, SourceRedirects),
        ("PLAY", 305, SourceRedirects),
        ("DESCRIBE", 403, SourceRefusesEntry),
        ("DESCRIBE", 401, SourceRefusesEntry),
        ("SETUP", 453, SourceBusy),
        ("PLAY", 503, SourceBusy),
        ("PLAY", 500, SourceFailed),
        ("DESCRIBE", 551, Unsupported),
        ("DESCRIBE", 404, NoRecording),
        ("PLAY", 457, NoRecording),
    ],
)
def test_bad_answers_are_told_by_their_kind(
    method: str, status: int, error: type[Exception], camera: Camera, tmp_path: Path
) -> None:
    camera.replies[method] = lambda it: it.bad(
        status, "Location: rtsp://127.0.0.1:1/", 'WWW-Authenticate: Basic realm=""'
    )
    with pytest.raises(error) as caught:
        clip(adapter(camera), span(3, 8), tmp_path)
    assert SECRET not in f"{caught.value!r}{caught.value}"
    assert not any(tmp_path.iterdir())


def test_a_redirect_in_the_middle_ends_it(camera: Camera, tmp_path: Path) -> None:
    redirect = b"REDIRECT rtsp://127.0.0.1/ RTSP/1.0\r\nCSeq: 9\r\nLocation: rtsp://127.0.0.1:1/\r\n\r\n"
    early = [it for it in camera.packets if seconds_of(it) < 5]
    camera.replies["PLAY"] = lambda it: it.good().encode() + b"".join(early) + redirect
    fetched = clip(adapter(camera), span(3, 8), tmp_path)
    assert numbers(fetched, tmp_path) == list(range(30, 50))
    assert [(it.span, it.reason) for it in fetched.missing] == [(span(5, 8), MissingReason.REFUSED)]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nlogin", ImpossibleAnswer),
        ("\0\1\2\3 what a talk \r\n\r\n", ImpossibleAnswer),
        ("RTSP/1.0 200 OK\r\nContent-Length: 99999999999\r\n\r\n", ImpossibleAnswer),
        ("RTSP/1.0 200 OK\r\nX: " + "x" * 70_000, ImpossibleAnswer),
        ("RTSP/1.0 200 OK\r\nCSeq: 999\r\n\r\n", SourceTimeout),
        ("", SourceTimeout),
        (None, SourceUnreachable),
    ],
    ids=["a web page", "bytes", "an absurd body", "an endless head", "another's answer", "silence", "hangs up"],
)
def test_what_is_no_answer_ends_soon(
    answer: str | None, error: type[Exception], camera: Camera, tmp_path: Path
) -> None:
    camera.replies["DESCRIBE"] = lambda _: answer
    with pytest.raises(error):
        clip(adapter(camera), span(3, 8), tmp_path)


def test_a_page_instead_of_a_description_is_found_out(camera: Camera, tmp_path: Path) -> None:
    camera.replies["DESCRIBE"] = lambda it: it.good("Content-Type: text/html", body="<html>Please log in</html>")
    with pytest.raises(ImpossibleAnswer):
        clip(adapter(camera), span(3, 8), tmp_path)


def test_a_stream_without_known_video_is_told(camera: Camera, tmp_path: Path) -> None:
    camera.codec = "SVAC"
    with pytest.raises(MediaWithoutVideo):
        clip(adapter(camera), span(3, 8), tmp_path)


def test_this_very_machine_is_not_called_unless_it_is_allowed(camera: Camera, tmp_path: Path) -> None:
    with pytest.raises(AddressRefused):
        clip(adapter(camera, allow_addresses=[]), span(3, 8), tmp_path)
    assert camera.connections == 0


def test_the_password_is_told_only_as_a_digest(camera: Camera, tmp_path: Path) -> None:
    describe = camera.replies["DESCRIBE"]
    ask = 'WWW-Authenticate: Digest realm="door", nonce="n1", qop="auth", algorithm=SHA-256'
    camera.replies["DESCRIBE"] = lambda it: describe(it) if "authorization" in it.headers else it.bad(401, ask)
    clip(adapter(camera), span(3, 8), tmp_path)
    told = [it.headers["authorization"] for it in camera.asked if "authorization" in it.headers]
    assert told
    assert all(it.startswith("Digest ") and SECRET not in it for it in told)


def test_a_header_cannot_be_smuggled_in_by_the_server(camera: Camera, tmp_path: Path) -> None:
    camera.replies["SETUP"] = lambda it: it.good("Session: 1\x0bX-Evil: 1", "Transport: RTP/AVP/TCP;interleaved=0-1")
    with pytest.raises(ImpossibleAnswer):
        clip(adapter(camera), span(3, 8), tmp_path)


def test_addresses_of_tracks_lead_nowhere_else(camera: Camera, tmp_path: Path) -> None:
    with standing_in(Camera()) as other:
        body = sdp().replace("trackID=1", f"{other.url()}/trackID=1")
        camera.replies["DESCRIBE"] = lambda it: it.good(f"Content-Base: {other.url()}/", body=body)
        clip(adapter(camera), span(3, 8), tmp_path)
        assert other.connections == 0


def test_a_channel_that_is_not_listed_is_not_asked_for(camera: Camera, tmp_path: Path) -> None:
    with pytest.raises(UnknownChannel):
        adapter(camera).clip(ClipAsk("cam2", span(3, 8)), tmp_path, lambda _: None)
    assert camera.connections == 0
