"""An RTSP server that misbehaves on demand: GStreamer's does not lose packets, lie or send people elsewhere."""

import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import av
from av.bitstream import BitStreamFilterContext

Reply = Callable[["Asked"], str | bytes | None]
_EPOCH = datetime(1900, 1, 1, tzinfo=UTC)
_MOST = 1200
_FIRST_STAMP = 4_294_900_000


class Asked:
    """One request."""

    def __init__(self, text: str) -> None:
        first, *lines = text.split("\r\n")
        self.method, self.url = first.split(" ")[:2]
        self.headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}

    def good(self, *headers: str, body: str = "") -> str:
        """Return a good answer."""
        lines = ["RTSP/1.0 200 OK", f"CSeq: {self.headers['cseq']}", *headers]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        return "\r\n".join(lines) + "\r\n\r\n" + body

    def bad(self, status: int, *headers: str) -> str:
        """Return a bad answer."""
        return "\r\n".join([f"RTSP/1.0 {status} No", f"CSeq: {self.headers['cseq']}", *headers]) + "\r\n\r\n"


def units_of(recording: Path) -> tuple[str, list[tuple[Fraction, bool, list[bytes]]]]:
    """Return the codec of a recording, and its pictures in the order of decoding: seconds, key or not, NAL units."""
    with av.open(str(recording)) as container:
        stream = container.streams.video[0]
        codec = stream.codec_context.name
        to_bytes = BitStreamFilterContext(f"{codec}_mp4toannexb", stream)
        pictures = []
        for packet in container.demux(stream):
            if packet.pts is None:
                continue
            assert packet.time_base is not None
            at, key = packet.pts * packet.time_base, packet.is_keyframe
            data = b"".join(bytes(it) for it in to_bytes.filter(packet)).replace(b"\0\0\0\1", b"\0\0\1")
            pictures.append((at, key, [unit.rstrip(b"\0") for unit in data.split(b"\0\0\1")[1:]]))
        return codec, pictures


def payloads(codec: str, units: Sequence[bytes]) -> list[bytes]:
    """Return the payloads of one picture: small units bundled, large ones in parts."""
    found, head = [], 2 if codec == "hevc" else 1
    small = [it for it in units if len(it) <= 200]
    if len(small) > 1:
        bundle = b"".join(len(it).to_bytes(2, "big") + it for it in small)
        found.append((bytes([48 << 1, 1]) if codec == "hevc" else bytes([24])) + bundle)
    else:
        found += small
    for unit in (it for it in units if len(it) > 200):
        parts = [unit[at : at + _MOST] for at in range(head, len(unit), _MOST)]
        for number, part in enumerate(parts):
            flags = (number == 0) << 7 | (number == len(parts) - 1) << 6
            if codec == "hevc":
                kind = unit[0] >> 1 & 0x3F
                found.append(bytes([unit[0] & 0x81 | 49 << 1, unit[1], flags | kind]) + part)
            else:
                found.append(bytes([unit[0] & 0xE0 | 28, flags | unit[0] & 0x1F]) + part)
    return found


def packets_of(recording: Path, begin: datetime, *, stamped: bool = True, after: float = 0) -> list[bytes]:
    """Return the recording as interleaved packets, each picture with its instant in the header of ONVIF.

    The recording begins `after` seconds after `begin`.
    """
    codec, pictures = units_of(recording)
    made: list[bytes] = []
    for found, key, units in pictures:
        at = found + Fraction(after)
        parts = payloads(codec, units)
        for number, payload in enumerate(parts):
            marker = 0x80 if number == len(parts) - 1 else 0
            head = bytes([0x90 if stamped else 0x80, 96 | marker]) + (len(made) & 0xFFFF).to_bytes(2, "big")
            head += int(at * 90000 + _FIRST_STAMP).to_bytes(5, "big")[1:] + b"\0\0\0\7"
            if stamped:
                since = begin + timedelta(seconds=float(at)) - _EPOCH
                whole = since // timedelta(seconds=1)
                fraction = round((since - timedelta(seconds=whole)).total_seconds() * (1 << 32))
                ntp = whole.to_bytes(4, "big") + fraction.to_bytes(4, "big")
                head += b"\xab\xac\0\3" + ntp + bytes([0x80 if key else 0, number & 0xFF, 0, 0])
            packet = head + payload
            made.append(b"$\0" + len(packet).to_bytes(2, "big") + packet)
    return made


def stamp_of(packet: bytes) -> int:
    """Return the time stamp of a packet; they begin anew within the recording, and go on here."""
    stamp = int.from_bytes(packet[8:12], "big")
    return stamp if stamp > 1 << 31 else stamp + (1 << 32)


def seconds_of(packet: bytes) -> float:
    """Return how long after the beginning of all the picture of a packet is shown."""
    return (stamp_of(packet) - _FIRST_STAMP) / 90000


def in_sequence(packets: Iterable[bytes]) -> list[bytes]:
    """Return packets numbered one after the other, as a server does that has nothing else to send."""
    return [it[:6] + (number & 0xFFFF).to_bytes(2, "big") + it[8:] for number, it in enumerate(packets)]


def sdp(codec: str = "H264", told: str = "") -> str:
    """Return the description of one video track."""
    return f"v=0\r\ns=x\r\nt=0 0\r\n{told}m=video 0 RTP/AVP 96\r\na=rtpmap:96 {codec}/90000\r\na=control:trackID=1\r\n"


class Camera:
    """What the stand-in does for each method; tests put others in.

    Attributes:
        replies: by method. A reply returns what is sent, None to say nothing and hang up.
        asked: every request that came.
        packets: sent after PLAY.
        connections: how many there were.
    """

    def __init__(self, packets: Sequence[bytes] = (), codec: str = "H264") -> None:
        self.packets, self.codec = packets, codec
        self.asked: list[Asked] = []
        self.connections = 0
        self.port = 0
        self.hold = threading.Event()
        self.replies: dict[str, Reply] = {
            "OPTIONS": lambda it: it.good("Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN"),
            "DESCRIBE": lambda it: it.good("Content-Type: application/sdp", body=sdp(self.codec)),
            "SETUP": lambda it: it.good("Session: 77;timeout=4", "Transport: RTP/AVP/TCP;interleaved=0-1"),
            "PLAY": self.play,
            "TEARDOWN": lambda it: it.good(),
        }

    def play(self, asked: Asked) -> bytes:
        """Play all packets, and say nothing more."""
        echo = (f"Range: {asked.headers['range']}",) if "range" in asked.headers else ()
        return asked.good(*echo).encode() + b"".join(self.packets)

    def url(self) -> str:
        return f"rtsp://127.0.0.1:{self.port}/x"

    def _talk(self, stream: socket.socket) -> None:
        with stream, stream.makefile("rb") as lines:
            text = ""
            for line in lines:
                text += line.decode()
                if line.strip():
                    continue
                asked, text = Asked(text.strip()), ""
                self.asked.append(asked)
                reply = self.replies[asked.method](asked) if asked.method in self.replies else asked.bad(501)
                if reply is None:
                    return
                stream.sendall(reply.encode() if isinstance(reply, str) else reply)


@contextmanager
def standing_in(camera: Camera) -> Iterator[Camera]:
    """Serve a camera."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        camera.port = server.getsockname()[1]

        def accept() -> None:
            while True:
                try:
                    stream, _ = server.accept()
                except OSError:
                    return
                camera.connections += 1
                threading.Thread(target=talk, args=[stream], daemon=True).start()

        def talk(stream: socket.socket) -> None:
            try:
                camera._talk(stream)
            except OSError:  # the adapter has hung up, which is its right
                return

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield camera
        finally:
            server.shutdown(socket.SHUT_RDWR)
    thread.join(5)
