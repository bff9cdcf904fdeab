"""What a server says about a stream before it is played (SDP, RFC 8866), as far as it is needed."""

import base64
import binascii
from dataclasses import dataclass, field

_MOST_TRACKS = 16
_LONGEST_CONTROL = 2000
_STATIC = {0: ("PCMU", 8000), 8: ("PCMA", 8000)}
_HIGHEST_CLOCK = 10_000_000


@dataclass(frozen=True)
class Track:
    """One medium of a stream.

    Attributes:
        kind: `video`, `audio`, `application`.
        payload: the number of its packets.
        codec: as in RTP, in capitals: `H264`, `H265`, `MPEG4-GENERIC`, `PCMU`, `PCMA`.
        clock: ticks a second of its time stamps.
        control: what to add to the address to speak of it.
        settings: of the codec, by lower-case names.
    """

    kind: str
    payload: int
    codec: str
    clock: int
    control: str
    settings: dict[str, str] = field(default_factory=dict)

    def parameter_sets(self) -> tuple[bytes, ...]:
        """Return what a decoder of H.264 or H.265 has to know, as units without start codes; perhaps none."""
        names = ("sprop-parameter-sets",) if self.codec == "H264" else ("sprop-vps", "sprop-sps", "sprop-pps")
        told = (part for name in names for part in self.settings.get(name, "").split(",") if part)
        return tuple(unit for it in told if (unit := _decoded(it)))


@dataclass(frozen=True)
class Description:
    """A stream: its media, how to speak of the whole, and the range it says it has, empty where it says none."""

    tracks: tuple[Track, ...]
    control: str
    range: str

    def track(self, kind: str, codecs: tuple[str, ...]) -> Track | None:
        """Return the first medium of a kind in one of the codecs."""
        return next((it for it in self.tracks if it.kind == kind and it.codec in codecs), None)


def read_description(body: bytes) -> Description:
    """Read a description; lines that make no sense are passed over.

    Raises:
        ValueError: there is no medium in it.
    """
    heads: list[str] = []
    media: list[list[str]] = []
    for raw in body.decode("utf-8", "replace").splitlines():
        line = raw.strip()
        if line.startswith("m="):
            media.append([line])
        elif media:
            media[-1].append(line)
        else:
            heads.append(line)
    tracks = [track for lines in media[:_MOST_TRACKS] if (track := _track(lines))]
    if not tracks:
        raise ValueError("no medium")
    ranges = [_attribute(lines, "range") for lines in (heads, *media)]
    return Description(tuple(tracks), _control(heads), next((it for it in ranges if it), ""))


def _track(lines: list[str]) -> Track | None:
    kind, _, rest = lines[0][2:].partition(" ")
    words = rest.split()
    if len(words) < 3 or not words[2].isdecimal():  # noqa: PLR2004 - port, protocol, payload
        return None
    payload = int(words[2])
    codec, clock = _STATIC.get(payload, ("", 0))
    settings: dict[str, str] = {}
    for line in lines[1:]:
        name, _, value = line.removeprefix("a=").partition(":")
        number, _, told = value.partition(" ")
        if number != str(payload):
            continue
        if name == "rtpmap":
            encoding, _, rate = told.strip().partition("/")
            rate = rate.partition("/")[0]
            codec, clock = encoding.upper(), int(rate) if rate.isdecimal() else 0
        elif name == "fmtp":
            pairs = (pair.strip().partition("=") for pair in told.split(";"))
            settings = {key.lower(): it for key, _, it in pairs if key}
    if not codec or not 0 < clock <= _HIGHEST_CLOCK:
        return None
    return Track(kind, payload, codec, clock, _control(lines), settings)


def _control(lines: list[str]) -> str:
    control = _attribute(lines, "control")
    plain = control.isprintable() and " " not in control and len(control) <= _LONGEST_CONTROL
    return control if plain else ""


def _attribute(lines: list[str], name: str) -> str:
    start = f"a={name}:"
    return next((line[len(start) :].strip() for line in lines if line.startswith(start)), "")


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        return b""
