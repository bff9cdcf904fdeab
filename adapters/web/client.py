"""Questions to a web server, with an end to everything: waiting, size, and where the answer may come from."""

import json
import logging
import ssl
import weakref
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpcore
import httpx

from adapters.errors import (
    ImpossibleAnswer,
    InvalidOption,
    RecordingRefused,
    RecordingVanished,
    SourceBusy,
    SourceCertificate,
    SourceFailed,
    SourceRedirects,
    SourceRefusesEntry,
    SourceTimeout,
    SourceUnreachable,
)
from adapters.web.gate import Gate
from adapters.web.transport import Deadline, GatedTransport

# It logs every address it asks for, and some servers want their token in it.
logging.getLogger("httpx").setLevel(logging.WARNING)

MEGABYTE = 1024 * 1024
LARGEST_ANSWER = 16 * MEGABYTE
_GONE, _BUSY, _LATE, _NO_ENTRY = {404, 410}, {429, 503}, {408, 504}, {401, 403}

Fields = Mapping[str, str] | Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Patience:
    """How long a server may take, in seconds.

    Attributes:
        silence: between two pieces of an answer.
        answer: from the question to its answer, or to the first byte of media.
    """

    silence: float = 10.0
    answer: float = 30.0


class Bearer(httpx.Auth):
    """Signs requests with a token."""

    def __init__(self, token: str) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["authorization"] = f"Bearer {self._token}"
        yield request


@dataclass(frozen=True)
class Answer:
    """What a server answered, body and all."""

    status: int
    headers: httpx.Headers
    body: bytes

    @property
    def date(self) -> datetime | None:
        """When the server thinks it answered, to the second."""
        try:
            return parsedate_to_datetime(self.headers.get("date", ""))
        except ValueError:
            return None


class WebClient:
    """Talks with one server, at one address, over one connection.

    Args:
        address: what all paths are appended to.
        gate: decides which machines may be called.
        auth: how requests are signed; a name and a password stand in no address.
        patience: how long to wait.
        trusted: path of a file with certificates to trust besides the usual ones.

    Raises:
        InvalidOption: there are no certificates in that file.
    """

    def __init__(
        self,
        address: str,
        gate: Gate,
        *,
        auth: httpx.Auth | None = None,
        patience: Patience | None = None,
        trusted: str | None = None,
    ) -> None:
        self.patience, self.deadline = patience or Patience(), Deadline()
        self._base = httpx.URL(address)
        self.where = self._base.netloc.decode()
        context = _trusting(trusted) if self._base.scheme == "https" else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._client = httpx.Client(
            transport=GatedTransport(gate, self.deadline, context),
            auth=auth,
            timeout=self.patience.silence,
            trust_env=False,
            follow_redirects=False,
            headers={"accept-encoding": "identity", "cache-control": "no-cache", "user-agent": "xueliang"},
        )
        # An adapter is not told when it is not needed any longer.
        weakref.finalize(self, self._client.close)

    @contextmanager
    def open(
        self, path: str, fields: Fields = (), *, form: Mapping[str, str] | None = None, headers: Fields = ()
    ) -> Iterator[httpx.Response]:
        """Ask for a path, by POST when there is a form, and give the answer with its body still to come.

        Raises:
            SourceUnreachable, SourceTimeout, SourceCertificate, AddressRefused: there is no answer.
        """
        self.deadline.in_seconds(self.patience.answer)
        with self._only_source_errors():
            request = self._client.build_request(
                "GET" if form is None else "POST",
                self._url(path).copy_merge_params(httpx.QueryParams(tuple(dict(fields).items()))),
                data=form,
                headers=dict(headers),
            )
            answer = self._client.send(request, stream=True)
            try:
                if answer.headers.get("content-encoding", "identity") != "identity":
                    raise ImpossibleAnswer(where=self.where, problem="content-encoding")
                yield answer
            finally:
                answer.close()

    def answer(self, path: str, fields: Fields = (), *, form: Mapping[str, str] | None = None) -> Answer:
        """Ask and return the whole answer, whatever its status is.

        Raises:
            ImpossibleAnswer: it does not end.
            SourceUnreachable, SourceTimeout, SourceCertificate, AddressRefused: there is none.
        """
        with self.open(path, fields, form=form) as answer:
            body = bytearray()
            for chunk in answer.iter_raw():
                body += chunk
                if len(body) > LARGEST_ANSWER:
                    raise ImpossibleAnswer(where=self.where, problem=f"> {LARGEST_ANSWER // MEGABYTE} MB")
            return Answer(answer.status_code, answer.headers, bytes(body))

    def json(self, path: str, fields: Fields = (), *, form: Mapping[str, str] | None = None) -> Any:
        """Ask and return what the JSON of a good answer says.

        Raises:
            AdapterError: there is no answer, its status is not 200, or it is no JSON.
        """
        answer = self.answer(path, fields, form=form)
        self.check(answer.status, path)
        return self.parsed(answer)

    def parsed(self, answer: Answer) -> Any:
        """Return what the JSON of an answer says.

        Raises:
            ImpossibleAnswer: it is no JSON.
        """
        try:
            return json.loads(answer.body)
        except (ValueError, RecursionError):
            raise ImpossibleAnswer(where=self.where, problem="no JSON") from None

    def check(self, status: int, name: str) -> None:
        """Return when the status is that of a good answer.

        Raises:
            RecordingVanished: it says that `name` is not there.
            AdapterError: it says something else, as the class that fits.
        """
        if status in {200, 206}:
            return
        if status in _NO_ENTRY:
            raise SourceRefusesEntry(where=self.where)
        if status in _GONE:
            raise RecordingVanished(file=name)
        if status in _LATE:
            raise SourceTimeout(seconds=round(self.patience.answer, 1))
        if status in _BUSY:
            raise SourceBusy(where=self.where)
        if 300 <= status < 400:  # noqa: PLR2004 - the redirects of HTTP
            raise SourceRedirects(where=self.where)
        if 400 <= status < 500:  # noqa: PLR2004 - what HTTP calls the fault of the asker
            raise RecordingRefused(file=name, status=status)
        raise SourceFailed(where=self.where, status=status)

    def _url(self, path: str) -> httpx.URL:
        url = httpx.URL(f"{str(self._base).rstrip('/')}/{path.lstrip('/')}")
        if (url.scheme, url.netloc, url.userinfo) != (self._base.scheme, self._base.netloc, b""):
            raise ImpossibleAnswer(where=self.where, problem="path")
        return url

    @contextmanager
    def _only_source_errors(self) -> Iterator[None]:
        """Turn what the libraries raise into errors of adapters; their words hold addresses and are not told."""
        try:
            yield
        except (httpcore.TimeoutException, httpx.TimeoutException) as error:
            raise SourceTimeout(seconds=round(self.patience.answer, 1)) from error
        except (httpcore.NetworkError, httpcore.ProtocolError, httpx.HTTPError, httpx.StreamError) as error:
            if isinstance(_root(error), ssl.SSLCertVerificationError):
                raise SourceCertificate(where=self.where) from error
            raise SourceUnreachable(where=self.where) from error
        except httpx.InvalidURL as error:
            raise ImpossibleAnswer(where=self.where, problem="address") from error


def _trusting(file: str | None) -> ssl.SSLContext:
    """Return what TLS needs; reading the certificates that the machine trusts takes a noticeable while."""
    context = ssl.create_default_context()
    if file:
        try:
            context.load_verify_locations(file)
        except OSError:  # SSLError too
            reason = "holds no certificates"
            raise InvalidOption(pointer="/certificates", option="certificates", reason=reason) from None
    return context


def _root(error: BaseException) -> BaseException:
    while error.__cause__ is not None:
        error = error.__cause__
    return error
