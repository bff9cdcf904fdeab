"""A talk with an RTSP server, from OPTIONS to TEARDOWN; redirects are refused, waits end, sessions are kept alive."""

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Self
from urllib.parse import urljoin, urlsplit

from adapters.errors import (
    AdapterError,
    ImpossibleAnswer,
    RecordingVanished,
    SourceBusy,
    SourceFailed,
    SourceRedirects,
    SourceRefusesEntry,
    SourceTimeout,
    SourceUnreachable,
    Unsupported,
)
from adapters.rtsp.connection import Connection
from adapters.rtsp.credentials import Challenge, Credentials, challenge_of
from adapters.rtsp.messages import Interleaved, Message, written
from adapters.rtsp.sdp import Description, Track, read_description
from adapters.web.gate import Gate

_PORTS = {"rtsp": 554, "rtsps": 322}
_TIMEOUT = re.compile(r"timeout\s*=\s*(\d{1,5})")
_CHANNELS = re.compile(r"interleaved\s*=\s*(\d{1,3})")
_USUAL_TIMEOUT = 60
_GONE, _INVALID_RANGE, _NO_OPTION = {404, 410}, 457, 551
_BUSY, _NO_ENTRY, _REDIRECTED = {453, 503}, {401, 403}, range(300, 400)
_MOST_QUEUED = 10_000


@dataclass(frozen=True)
class Limits:
    """How long things may take, in seconds.

    Attributes:
        answer: until a question is answered, and until the connection stands.
        silence: without a packet, before the stream counts as ended or broken.
        whole: the talk as a whole.
    """

    answer: float = 10.0
    silence: float = 6.0
    whole: float = 3600.0


class Dialogue:
    """One talk over one connection; use it as a context.

    Args:
        address: an `rtsp://` or `rtsps://` address without a name and a password in it.
        gate: decides which machines may be called.
        credentials: given only when they are asked for.
        limits: see there.
    """

    def __init__(self, address: str, gate: Gate, credentials: Credentials | None, limits: Limits) -> None:
        parts = urlsplit(address)
        self._address, self._credentials, self._limits = address, credentials, limits
        host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
        self.where = f"{host}:{port}"
        self._connection = Connection.open(
            gate,
            host,
            port,
            secure=parts.scheme == "rtsps",
            seconds=limits.answer,
            end=time.monotonic() + limits.whole,
        )
        self._challenge: Challenge | None = None
        self._count = 0
        self._queued: list[Interleaved] = []
        self._session, self._alive_every, self._alive_by = "", _USUAL_TIMEOUT / 2, "OPTIONS"
        self._base = address
        self._whole = address

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(AdapterError, ValueError):
            if self._session and not self._connection.closed:
                self._send("TEARDOWN", self._whole, {})
        self._connection.close()

    def options(self) -> str:
        """Ask what the server can; return its own name for itself."""
        answer = self.ask("OPTIONS", self._address)
        self._know_methods(answer)
        return answer.header("server")

    def describe(self, headers: Mapping[str, str] | None = None) -> Description:
        """Ask what the stream is.

        Raises:
            RecordingVanished: there is no such stream.
            ImpossibleAnswer: the answer is no description: a web page, say.
        """
        answer = self.ask("DESCRIBE", self._address, {"Accept": "application/sdp", **(headers or {})})
        try:
            description = read_description(answer.body)
        except ValueError as error:
            raise ImpossibleAnswer(where=self.where, problem="no SDP") from error
        told = answer.header("content-base") or answer.header("content-location")
        self._base = told if told.isprintable() and " " not in told and told else self._address
        self._whole = self._resolved(description.control)
        return description

    def setup(self, track: Track, number: int, headers: Mapping[str, str] | None = None) -> int:
        """Ask for a medium over this connection; return the channel its packets come on, the next is its control's."""
        transport = f"RTP/AVP/TCP;unicast;interleaved={2 * number}-{2 * number + 1}"
        answer = self.ask("SETUP", self._resolved(track.control), {"Transport": transport, **(headers or {})})
        session, _, rest = answer.header("session").partition(";")
        given = answer.header("transport")
        if not session.strip() or "tcp" not in given.lower():
            raise ImpossibleAnswer(where=self.where, problem="SETUP without a session over TCP")
        self._session = session.strip()
        timeout = _TIMEOUT.search(rest)
        self._alive_every = max(int(timeout[1]) if timeout else _USUAL_TIMEOUT, 4) / 2
        channel = _CHANNELS.search(given)
        return int(channel[1]) if channel else 2 * number

    def play(self, headers: Mapping[str, str]) -> Message:
        """Let it play; the answer says what is really played."""
        return self.ask("PLAY", self._whole, headers)

    def packets(self) -> Iterator[Interleaved]:
        """Yield packets until the server hangs up or is silent for too long.

        Raises:
            SourceTimeout: the talk as a whole takes too long.
            SourceRedirects: the server sends us elsewhere.
        """
        yield from self._queued
        self._queued.clear()
        heard = told = time.monotonic()
        while True:
            now = time.monotonic()
            if now - told >= self._alive_every:
                told = now
                self._send(self._alive_by, self._whole, {})
            left = self._limits.silence - (now - heard)
            if left <= 0:
                return
            try:
                found = self._connection.next(min(left, self._alive_every))
            except SourceUnreachable:
                return
            if isinstance(found, Interleaved):
                heard = time.monotonic()
                yield found
            elif found is not None:
                self._heed(found)

    def ask(self, method: str, address: str, headers: Mapping[str, str] | None = None) -> Message:
        """Ask and return the good answer; what else comes meanwhile is kept or answered.

        Raises:
            SourceRefusesEntry, SourceRedirects, SourceBusy, SourceFailed, RecordingVanished, Unsupported: a bad one.
            SourceTimeout, SourceUnreachable, ImpossibleAnswer: none.
        """
        answer = self._answered(method, address, headers or {})
        if answer.status == 401 and self._credentials is not None:  # noqa: PLR2004 - the server asks who we are
            challenge = challenge_of(answer.all("www-authenticate"))
            stale = challenge is not None and challenge.words.get("stale", "").lower() == "true"
            if challenge is not None and (self._challenge is None or stale):
                self._challenge = challenge
                answer = self._answered(method, address, headers or {})
        self._demand_good(answer)
        return answer

    def _answered(self, method: str, address: str, headers: Mapping[str, str]) -> Message:
        number = self._send(method, address, headers)
        end = time.monotonic() + self._limits.answer
        while (left := end - time.monotonic()) > 0:
            found = self._connection.next(left)
            if isinstance(found, Interleaved):
                self._queued.append(found)
                if len(self._queued) > _MOST_QUEUED:
                    raise ImpossibleAnswer(where=self.where, problem="media without an answer")
            elif found is not None and not found.status:
                self._heed(found)
            elif found is not None and found.header("cseq") == str(number):
                return found
        raise SourceTimeout(seconds=self._limits.answer)

    def _send(self, method: str, address: str, headers: Mapping[str, str]) -> int:
        self._count += 1
        told = {"CSeq": str(self._count), "User-Agent": "xueliang"}
        try:
            if self._challenge and self._credentials:
                told["Authorization"] = self._credentials.answer(self._challenge, method, address)
            if self._session:
                told["Session"] = self._session
            self._connection.send(written(method, address, {**told, **headers}), self._limits.answer)
        except ValueError as error:
            raise ImpossibleAnswer(where=self.where, problem="control characters in a header") from error
        return self._count

    def _heed(self, found: Message) -> None:
        """Answer a request of the server's own; answers to what keeps the session alive need nothing."""
        if found.status:
            return
        if found.method == "REDIRECT":
            raise SourceRedirects(where=self.where)
        number = found.header("cseq")
        told = f"RTSP/1.0 501 Not Implemented\r\nCSeq: {number}\r\n\r\n"
        if number.isdecimal():
            self._connection.send(told.encode(), self._limits.answer)

    def _demand_good(self, answer: Message) -> None:
        status = answer.status
        if status in _REDIRECTED:
            raise SourceRedirects(where=self.where)
        if status in _NO_ENTRY:
            raise SourceRefusesEntry(where=self.where)
        if status in _GONE or status == _INVALID_RANGE:
            raise RecordingVanished(file=self.where)
        if status in _BUSY:
            raise SourceBusy(where=self.where)
        if status == _NO_OPTION:
            raise Unsupported(adapter="rtsp", capability=answer.header("unsupported") or "?")
        if not 200 <= status < 300:  # noqa: PLR2004 - the good ones
            raise SourceFailed(where=self.where, status=status)

    def _know_methods(self, answer: Message) -> None:
        if "GET_PARAMETER" in answer.header("public"):
            self._alive_by = "GET_PARAMETER"

    def _resolved(self, control: str) -> str:
        """Return the address of a medium: only ever text within this connection, wherever it seems to point."""
        if control in {"", "*"}:
            return self._base
        if control.startswith(("rtsp://", "rtsps://")):
            return control
        base = self._base if self._base.endswith("/") or "?" in self._base else self._base + "/"
        return urljoin(base, control) if "?" not in base else f"{base.rstrip('/')}/{control}"
