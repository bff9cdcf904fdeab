"""One TCP connection to an RTSP server: messages and packets, taken apart; every wait has its end."""

import socket
import ssl
import time

from adapters.errors import ImpossibleAnswer, SourceCertificate, SourceTimeout, SourceUnreachable
from adapters.rtsp.messages import LONGEST_HEAD, Interleaved, Message, length_of_body, read_head
from adapters.web.gate import Gate

_PACKET_MARK = 0x24
_PACKET_HEAD = 4
_BLOCK = 64 * 1024


class Connection:
    """Reads and writes within its time.

    Args:
        stream: connected.
        where: what to call the server in errors; never holds a password.
        end: until when, by `time.monotonic`, everything has to be done.
    """

    def __init__(self, stream: socket.socket, where: str, end: float) -> None:
        self._stream, self._where, self._end = stream, where, end
        self._buffer = bytearray()
        self._read = 0
        self.closed = False

    @classmethod
    def open(cls, gate: Gate, host: str, port: int, *, secure: bool, seconds: float, end: float) -> "Connection":
        """Connect through the gate, by TLS where the address is one of rtsps.

        Raises:
            AddressRefused: the gate does not let the host through.
            SourceCertificate: its certificate is not trusted.
            SourceUnreachable, SourceTimeout: it does not answer.
        """
        where = f"{host}:{port}"
        stream = gate.connect(host, port, seconds)
        if secure:
            try:
                stream.settimeout(seconds)
                stream = ssl.create_default_context().wrap_socket(stream, server_hostname=host)
            except ssl.SSLCertVerificationError as error:
                raise SourceCertificate(where=where) from error
            except TimeoutError as error:
                raise SourceTimeout(seconds=seconds) from error
            except OSError as error:
                raise SourceUnreachable(where=where) from error
        return cls(stream, where, end)

    def close(self) -> None:
        self.closed = True
        self._stream.close()

    def send(self, data: bytes, seconds: float) -> None:
        """Send all of it.

        Raises:
            SourceTimeout, SourceUnreachable: it does not go out.
        """
        try:
            self._stream.settimeout(self._left(seconds))
            self._stream.sendall(data)
        except TimeoutError:
            raise SourceTimeout(seconds=seconds) from None
        except OSError as error:
            raise SourceUnreachable(where=self._where) from error

    def next(self, seconds: float) -> Message | Interleaved | None:
        """Return what comes next, or None when nothing whole came in time.

        Raises:
            SourceUnreachable: the server hung up.
            SourceTimeout: the time for everything is over.
            ImpossibleAnswer: what came is no RTSP.
        """
        end = time.monotonic() + seconds
        while True:
            try:
                found = self._taken()
            except ValueError as error:
                raise ImpossibleAnswer(where=self._where, problem="no RTSP") from error
            if found is not None:
                return found
            left = end - time.monotonic()
            if left <= 0 or not self._filled(self._left(left)):
                return None

    def _taken(self) -> Message | Interleaved | None:
        """Take one message or packet off the buffer, if a whole one is there."""
        buffer, at = self._buffer, self._read
        if at == len(buffer):
            return None
        if buffer[at] == _PACKET_MARK:
            if len(buffer) - at < _PACKET_HEAD:
                return None
            end = at + _PACKET_HEAD + int.from_bytes(buffer[at + 2 : at + 4], "big")
            if len(buffer) < end:
                return None
            self._read = end
            return Interleaved(buffer[at + 1], bytes(buffer[at + _PACKET_HEAD : end]))
        while buffer[at : at + 2] == b"\r\n":  # allowed between messages
            at += 2
        self._read = at
        stop = buffer.find(b"\r\n\r\n", at)
        if stop < 0:
            if len(buffer) - at > LONGEST_HEAD:
                raise ValueError("endless head")
            return None
        head = read_head(bytes(buffer[at:stop]))
        end = stop + 4 + length_of_body(head)
        if len(buffer) < end:
            return None
        self._read = end
        return Message(head.status, head.method, head.headers, bytes(buffer[stop + 4 : end]))

    def _filled(self, seconds: float) -> bool:
        try:
            self._stream.settimeout(seconds)
            block = self._stream.recv(_BLOCK)
        except TimeoutError:
            return False
        except OSError as error:
            raise SourceUnreachable(where=self._where) from error
        if not block:
            self.closed = True
            raise SourceUnreachable(where=self._where)
        if self._read:
            del self._buffer[: self._read]
            self._read = 0
        self._buffer += block
        return True

    def _left(self, seconds: float) -> float:
        left = min(seconds, self._end - time.monotonic())
        if left <= 0:
            raise SourceTimeout(seconds=round(seconds, 1))
        return left
