"""The text of RTSP (RFC 2326): requests written, answers read with suspicion."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

LONGEST_HEAD = 64 * 1024
LONGEST_BODY = 256 * 1024
_STATUS = re.compile(rb"RTSP/[12]\.\d +(\d{3})(?: .*)?")
_REQUEST = re.compile(rb"([A-Z_]{3,20}) \S+ RTSP/[12]\.\d")


@dataclass(frozen=True)
class Interleaved:
    """A packet of media or of its control that came over the connection of the talk."""

    channel: int
    packet: bytes


@dataclass(frozen=True)
class Message:
    """An answer of the server, or (`status` is 0) a request of its own, `method` says which."""

    status: int
    method: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""

    def header(self, name: str) -> str:
        """Return the first header of this name, empty where there is none."""
        return next(self.all(name), "")

    def all(self, name: str) -> Iterator[str]:
        """Yield every header of this name."""
        return (value for key, value in self.headers if key == name.lower())


def written(method: str, address: str, headers: Mapping[str, str]) -> bytes:
    """Return a request.

    Raises:
        ValueError: a line break hides in it, which would be a second request.
    """
    lines = [f"{method} {address} RTSP/1.0", *(f"{name}: {value}" for name, value in headers.items())]
    if not all(line.isprintable() for line in lines):
        raise ValueError("a request holds control characters")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def read_head(head: bytes) -> Message:
    """Read the lines above the body.

    Raises:
        ValueError: they are no RTSP.
    """
    first, *lines = head.split(b"\r\n")
    answer, request = _STATUS.fullmatch(first), _REQUEST.fullmatch(first)
    if not answer and not request:
        raise ValueError("no RTSP")
    headers = []
    for line in lines:
        name, colon, value = line.decode("utf-8", "replace").partition(":")
        if colon:
            headers.append((name.strip().lower(), value.strip()))
    status, method = int(answer[1]) if answer else 0, request[1].decode() if request else ""
    return Message(status, method, tuple(headers))


def length_of_body(message: Message) -> int:
    """Return how many bytes follow the head.

    Raises:
        ValueError: no number, or more than any description has.
    """
    length = int(message.header("content-length") or "0")
    if not 0 <= length <= LONGEST_BODY:
        raise ValueError("absurd length")
    return length
