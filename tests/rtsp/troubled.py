"""Servers with the faults that sources were seen to have, as far as what they replay shows them.

Each plays twelve seconds of numbered pictures, ten a second, with a key frame every two seconds.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import chain, zip_longest
from pathlib import Path

from adapters.errors import AdapterError, ImpossibleAnswer, NoRecording, SourceRefusesEntry
from adapters.fault_conformance import Outcome
from adapters.media.recorder import Recorder
from adapters.media.testcard import Code, Style
from broker.domain.time import TimeSpan
from tests.rtsp.asking import BEGIN, at, span
from tests.rtsp.stand_in import Asked, Camera, Reply, in_sequence, packets_of, sdp, seconds_of, standing_in

_LENGTH, _GROUP, _BUNDLE = 12, 2, 24
_EXTENDED = 4 + 12 + 16  # where the payload of a packet begins that tells its instant
_TERMINAL = 0x10


REPLAYED: Mapping[int, Outcome | type[AdapterError]] = {
    1: Outcome.MISSING,
    2: Outcome.WHOLE,
    3: Outcome.WHOLE,
    4: Outcome.WHOLE,
    5: Outcome.MISSING,
    6: Outcome.MISSING,
    7: SourceRefusesEntry,
    8: Outcome.WHOLE,
    9: NoRecording,
    10: Outcome.MISSING,
    12: NoRecording,
    13: NoRecording,
    14: Outcome.WHOLE,
    15: ImpossibleAnswer,
    16: Outcome.WHOLE,
    17: Outcome.WHOLE,
    18: Outcome.MISSING,
    19: Outcome.WHOLE,
    20: Outcome.WHOLE,
    21: Outcome.WHOLE,
}
"""What has to come of each fault where footage is replayed over RTSP; the eleventh depends on who lists footage."""


@dataclass
class Troubled:
    """A server with one fault.

    Attributes:
        camera: the server.
        asked: the span that shows the fault.
        late: how much later than the server says its pictures were taken.
        near: as in `Trouble`.
        options: what the adapter has to know about the server.
        check: called when all is over.
    """

    camera: Camera
    asked: TimeSpan = field(default_factory=lambda: span(1, 8))
    late: timedelta = timedelta(0)
    near: timedelta = timedelta(milliseconds=2)
    options: Mapping[str, object] = field(default_factory=dict)
    check: Callable[[], None] = lambda: None

    def truth(self) -> list[Code]:
        """Return the pictures that are shown within the span."""
        every = (Code(number, at(number / 10)) for number in range(_LENGTH * 10))
        return [code for code in every if self.asked.holds_instant(code.instant - self.late)]


@dataclass(frozen=True)
class Films:
    """Makes packets.

    Attributes:
        recording: the whole twelve seconds.
        folder: where other recordings of them are written.
    """

    recording: Path
    folder: Path

    def whole(self, *, stamped: bool = True, later: timedelta = timedelta(0)) -> list[bytes]:
        return packets_of(self.recording, BEGIN + later, stamped=stamped)

    def part(self, begin: float, end: float, *, stamped: bool = True) -> list[bytes]:
        return [it for it in self.whole(stamped=stamped) if begin <= round(seconds_of(it), 3) < end]

    def another(
        self,
        begin: float,
        end: float,
        *,
        stamped: bool = True,
        gop: int = 20,
        size: tuple[int, int] = (320, 180),
        ahead: int = 0,
    ) -> list[bytes]:
        """Return a recording of its own, with its own key frames; `ahead` is what its numbers begin with."""
        style = Style(fps=10, size=size, gop=gop)
        whole = TimeSpan(at(-ahead), at(_LENGTH))
        recorder = Recorder(self.folder, f"from-{begin}-{ahead}", "cam1", whole, style)
        return packets_of(recorder.write(span(begin, end)), BEGIN, stamped=stamped, after=begin)


def _played(*parts: list[bytes]) -> Camera:
    return Camera(in_sequence(chain.from_iterable(parts)))


def _ends_early(films: Films) -> Troubled:
    return Troubled(_played(films.part(0, 5)))


def _overlap(films: Films) -> Troubled:
    """Half a second is in two recordings, and played twice."""
    return Troubled(_played(films.part(0, 4), films.another(3.5, _LENGTH)))


def _key_frame_before(films: Films) -> Troubled:
    camera = _played(films.part(2, _LENGTH, stamped=False))
    camera.replies["PLAY"] = _saying(camera, "20260101T190402Z-")
    return Troubled(camera, span(3.3, 8))


def _whole_seconds(films: Films) -> Troubled:
    """It begins at the key frame at 2.5 s, and says that this was at 2 s."""
    whole = films.another(0, _LENGTH, gop=25, stamped=False)
    camera = _played([it for it in whole if seconds_of(it) > 2.45])
    camera.replies["PLAY"] = _saying(camera, "20260101T190402Z-20260101T190409Z")
    return Troubled(camera, span(3.3, 8), timedelta(milliseconds=500), timedelta(seconds=1))


def _still_written(films: Films) -> Troubled:
    camera = _described(_played(films.part(0, 7)), sdp(told="a=range:clock=20260101T190400Z-\r\n"))
    camera.replies["PLAY"] = _saying(camera, "20260101T190400Z-")
    return Troubled(camera, options={"keeps_hours": None})


def _gaps(films: Films) -> Troubled:
    """A short one at the end of a group of pictures, and a long one."""
    lost = {37, *range(50, 65)}
    packets = [it for it in films.whole() if round(seconds_of(it) * 10) not in lost]
    return Troubled(Camera(packets), span(1, 10))


def _refused(films: Films) -> Troubled:
    camera = _described(_played(films.whole()), sdp(told="a=range:clock=20260101T190400Z-20260101T190412Z\r\n"))
    camera.replies["PLAY"] = lambda it: it.bad(403)
    return Troubled(camera, options={"keeps_hours": None})


def _absurd(films: Films) -> Troubled:
    camera = _described(_played(films.whole()), sdp(told="a=range:clock=20260101T190400Z-99991231T235959Z\r\n"))
    camera.replies["PLAY"] = _saying(camera, "20260101T190400Z-99991231T235959Z")
    return Troubled(camera, options={"keeps_hours": None})


def _another_zone(films: Films) -> Troubled:
    """It says the hour of its wall, and calls it that of Greenwich."""
    return Troubled(Camera(films.whole(later=timedelta(hours=8))))


def _broken_off(films: Films) -> Troubled:
    camera = _played(films.part(0, 5))
    described = camera.replies["DESCRIBE"]
    camera.replies["DESCRIBE"] = lambda it: described(it) if camera.connections == 1 else it.bad(404)
    return Troubled(camera)


def _out_of_a_cache(films: Films) -> Troubled:
    """It repeats what it was asked for, and plays what was asked for an hour ago."""
    return Troubled(Camera(films.whole(later=-timedelta(hours=1))))


def _header_alone(films: Films) -> Troubled:
    """The parameter sets come, small units in one bundle, and no picture."""
    heads = [it for it in films.whole() if it[_EXTENDED] & 0x1F == _BUNDLE and seconds_of(it) % _GROUP < 0.05]
    assert len(heads) == _LENGTH // _GROUP
    return Troubled(_played(heads))


def _nothing(_: Films) -> Troubled:
    return Troubled(Camera())


def _another_camera(films: Films) -> Troubled:
    """Packets of another sender come between; were all of them another's, nothing in them would say so."""
    alien = [it[:12] + b"\0\0\0\x08" + it[16:] for it in films.another(0, _LENGTH, ahead=60)]
    both = zip_longest(films.whole(), alien)
    return Troubled(Camera([it for pair in both for it in pair if it]))


def _login_page(films: Films) -> Troubled:
    camera = _played(films.whole())
    camera.replies["DESCRIBE"] = lambda it: it.good("Content-Type: text/html", body="<html>Please log in</html>")
    return Troubled(camera)


def _login_ends(films: Films) -> Troubled:
    """What it gives for the digest is good for three questions; PLAY is the fourth."""
    camera, left = _played(films.whole()), [3]

    def guarded(good: Reply) -> Reply:
        def reply(asked: Asked) -> str | bytes | None:
            told, nonce = asked.headers.get("authorization", ""), f"n{len(left)}"
            if f'nonce="{nonce}"' in told and left[-1]:
                left[-1] -= 1
                return good(asked)
            if told:
                left.append(3)
            stale = ", stale=true" if told else ""
            return asked.bad(401, f'WWW-Authenticate: Digest realm="door", nonce="n{len(left)}", qop="auth"{stale}')

        return reply

    for method in ("OPTIONS", "DESCRIBE", "SETUP", "PLAY"):
        camera.replies[method] = guarded(camera.replies[method])

    def check() -> None:
        assert len(left) > 1, "it never asked anew"

    return Troubled(camera, check=check)


def _one_session(films: Films) -> Troubled:
    """It breaks off, and begins another session only when it was told that the one before is over."""
    camera, free = _played(films.whole()), threading.Event()
    free.set()
    setup, teardown = camera.replies["SETUP"], camera.replies["TEARDOWN"]

    def begin(asked: Asked) -> str | bytes | None:
        if not free.wait(0.5):
            return asked.bad(453)
        free.clear()
        return setup(asked)

    def end(asked: Asked) -> str | bytes | None:
        free.set()
        return teardown(asked)

    def play(asked: Asked) -> bytes:
        part = films.part(0, 5) if camera.connections == 1 else films.part(4, _LENGTH)
        return asked.good(f"Range: {asked.headers['range']}").encode() + b"".join(part)

    camera.replies |= {"SETUP": begin, "TEARDOWN": end, "PLAY": play}
    return Troubled(camera)


def _last_piece_missing(films: Films) -> Troubled:
    """It says with the last picture it has that nothing follows."""
    packets = films.part(0, 6)
    last = packets[-1]
    flags = _EXTENDED - 4
    return Troubled(Camera([*packets[:-1], last[:flags] + bytes([last[flags] | _TERMINAL]) + last[flags + 1 :]]))


def _hostile_names(films: Films) -> Troubled:
    """It names the track as a file of another machine."""
    body = sdp().replace("trackID=1", "rtsp://127.0.0.1:9/../../../etc/passwd%0d%0aX-Evil:%201")
    camera = _played(films.whole())
    camera.replies["DESCRIBE"] = lambda it: it.good("Content-Base: file:///etc/", body=body)

    def check() -> None:
        (setup,) = [it for it in camera.asked if it.method == "SETUP"]
        assert "passwd" in setup.url
        assert "x-evil" not in setup.headers

    return Troubled(camera, check=check)


def _codec_changes(films: Films) -> Troubled:
    """Another size, which is another set of parameters."""
    return Troubled(_played(films.part(0, 4), films.another(4, _LENGTH, size=(480, 270))))


def _twice(films: Films) -> Troubled:
    """The track is told twice, and five seconds are played twice."""
    body = sdp() + "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:trackID=2\r\n"
    return Troubled(_described(_played(films.part(0, 5), films.whole()), body))


def _described(camera: Camera, body: str) -> Camera:
    camera.replies["DESCRIBE"] = lambda it: it.good("Content-Type: application/sdp", body=body)
    return camera


def _saying(camera: Camera, clock: str) -> Reply:
    return lambda it: it.good(f"Range: clock={clock}").encode() + b"".join(camera.packets)


_FAULTS: Mapping[int, Callable[[Films], Troubled]] = {
    1: _ends_early,
    2: _overlap,
    3: _key_frame_before,
    4: _whole_seconds,
    5: _still_written,
    6: _gaps,
    7: _refused,
    8: _absurd,
    9: _another_zone,
    10: _broken_off,
    11: _out_of_a_cache,
    12: _header_alone,
    13: _nothing,
    14: _another_camera,
    15: _login_page,
    16: _login_ends,
    17: _one_session,
    18: _last_piece_missing,
    19: _hostile_names,
    20: _codec_changes,
    21: _twice,
}


def sound(films: Films) -> Troubled:
    """Return a server that has none of the faults."""
    return Troubled(_played(films.whole()))


@contextmanager
def serving(troubled: Troubled) -> Iterator[Troubled]:
    """Serve a server with a fault, and look in the end how it was talked to."""
    with standing_in(troubled.camera):
        yield troubled
        troubled.check()


def with_fault(fault: int, films: Films) -> AbstractContextManager[Troubled]:
    """Serve a server that has a fault, by its number in `adapters.fault_conformance.KNOWN`."""
    return serving(_FAULTS[fault](films))
