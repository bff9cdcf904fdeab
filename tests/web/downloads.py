"""Downloads seen from the reader's kernel: what has arrived there, read or not, and when the last of it came."""

import fcntl
import socket
import struct
import termios
import threading
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

RECEIVE_BUFFER = 4096
TICK = 0.02


@dataclass
class Download:
    """One download over a socket of its own."""

    server: int
    socket: socket.socket
    size: int
    read: int = 0
    arrived: int = 0
    last_at: float = 0.0
    ended: str | None = None

    def look(self) -> None:
        """Note what lies in the kernel; the bytes of the body only."""
        if self.ended is None:
            waiting = struct.unpack("i", fcntl.ioctl(self.socket, termios.FIONREAD, b"\0\0\0\0"))[0]
            self._has(self.read + waiting)

    def take(self, most: int) -> None:
        """Read some, and notice the end."""
        if self.ended is not None:
            return
        try:
            part = self.socket.recv(most)
        except BlockingIOError:
            return
        except ConnectionResetError:
            self.ended = "reset"
            return
        if not part:
            self.ended = "closed"
        self.read += len(part)
        self._has(self.read)

    def _has(self, arrived: int) -> None:
        if arrived > self.arrived:
            self.arrived, self.last_at = arrived, time.monotonic()


@dataclass
class Readers:
    """Many downloads, each read so many bytes a tick by one thread."""

    pace: int
    downloads: list[Download] = field(default_factory=list)
    paused: bool = False

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="readers", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        for download in self.downloads:
            download.socket.close()

    def open(self, server: int, url: str, path: str, token: str) -> Download:
        """Begin a download; returns after the head of the answer, which must be a good one."""
        place = urlsplit(url)
        opened = socket.socket()
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        opened.settimeout(120)
        opened.connect((place.hostname, place.port))
        opened.sendall(f"GET {path} HTTP/1.1\r\nHost: {place.netloc}\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
        head = b""
        while b"\r\n\r\n" not in head:
            part = opened.recv(1)  # a byte at a time: what follows is body
            assert part, head
            head += part
        assert head.startswith(b"HTTP/1.1 200"), head
        lengths = [
            line.partition(b":")[2] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")
        ]
        opened.setblocking(False)
        download = Download(server, opened, int(lengths[0]))
        with self._lock:
            self.downloads.append(download)
        return download

    def arrived(self) -> list[int]:
        """Return how many bytes have come so far, download by download."""
        with self._lock:
            for download in self.downloads:
                download.look()
            return [download.arrived for download in self.downloads]

    def running(self) -> int:
        with self._lock:
            return sum(download.ended is None for download in self.downloads)

    def until_ended(self, seconds: float) -> None:
        """Read what is left of everything, until no download runs any more."""
        self.paused, deadline = False, time.monotonic() + seconds
        while self.running():
            assert time.monotonic() < deadline, f"{self.running()} downloads still run"
            time.sleep(TICK)

    def until_quiet(self, seconds: float = 0.3) -> None:
        """Wait until nothing more comes for a while."""
        before, since = self.arrived(), time.monotonic()
        while time.monotonic() - since < seconds:
            time.sleep(TICK)
            if (now := self.arrived()) != before:
                before, since = now, time.monotonic()

    def _run(self) -> None:
        while not self._stop.wait(TICK):
            with self._lock:
                for download in self.downloads:
                    download.look()
                    if not self.paused:
                        download.take(self.pace)
