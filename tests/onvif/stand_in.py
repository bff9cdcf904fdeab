"""A recorder with Profile G, as far as an adapter asks it: no simulator in the registries has one.

Its answers are serialized by the messages of the real WSDL files, so their shape is that of the standard; what they say
and how it behaves is ours.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from xml.etree import ElementTree as ET

from zeep import Client, Settings
from zeep.wsdl.utils import etree_to_string

from adapters.onvif.soap import _WSDL, _folder
from broker.domain.time import TimeSpan

Answers = dict[str, Callable[[ET.Element], Any]]


class Standard:
    """Makes answers in the shape of the WSDL."""

    def __init__(self) -> None:
        self._operations: dict[str, Any] = {}
        for file, namespace, binding in _WSDL.values():
            settings = Settings(strict=False)
            client = Client(str(_folder() / file), settings=settings)  # type: ignore[no-untyped-call]
            self._operations |= client.wsdl.bindings[f"{{{namespace}}}{binding}"].all()  # type: ignore[no-untyped-call]

    def answer(self, operation: str, value: Mapping[str, Any]) -> bytes:
        envelope = self._operations[operation].output.serialize(**value).content
        return bytes(etree_to_string(envelope))  # type: ignore[no-untyped-call]


class Recorder:
    """What the stand-in says; tests change its parts.

    Attributes:
        recorded: of the one recording.
        replay_url: where it is replayed.
        ahead: how far its clock is ahead.
        raw: bodies that are answered as they are, by operation, with their status.
        state: of every search.
        told: parts of what it says of the recording that are otherwise than they should be.
        times: how often it lists the recording.
        scopes: what it is said to be.
        asked: the operations that were asked for, in order; `bodies` are the questions as they came.
    """

    def __init__(self, recorded: TimeSpan, replay_url: str) -> None:
        self.recorded, self.replay_url = recorded, replay_url
        self.ahead = timedelta(0)
        self.raw: dict[str, tuple[int, bytes]] = {}
        self.asked: list[str] = []
        self.bodies: list[bytes] = []
        self.state = "Completed"
        self.told: dict[str, Any] = {}
        self.times = 1
        self.scopes = ["onvif://www.onvif.org/type/video_encoder"]

    def answers(self) -> Answers:
        base = "http://192.0.2.77/onvif"  # a host that only exists behind the recorder's own translation
        services = {name: namespace for name, (_, namespace, _) in _WSDL.items()}
        listed = [
            {"Namespace": namespace, "XAddr": f"{base}/{name}", "Version": {"Major": 2, "Minor": 60}}
            for name, namespace in services.items()
        ]
        return {
            "GetSystemDateAndTime": lambda _: {"SystemDateAndTime": self._clock()},
            "GetDeviceInformation": lambda _: {
                "Manufacturer": "Example",
                "Model": "NVR-1",
                "FirmwareVersion": "1.0",
                "SerialNumber": "SN-1",
                "HardwareId": "1",
            },
            "GetScopes": lambda _: {"Scopes": [{"ScopeDef": "Fixed", "ScopeItem": it} for it in self.scopes]},
            "GetServices": lambda _: {"Service": listed},
            "GetProfiles": lambda _: {"Profiles": []},
            "FindRecordings": lambda _: {"SearchToken": "search-1"},
            "GetRecordingSearchResults": lambda _: {"ResultList": self._results()},
            "EndSearch": lambda _: {"Endpoint": datetime.now(UTC)},
            "GetReplayUri": lambda _: {"Uri": self.replay_url},
        }

    def now(self) -> datetime:
        """Return what time it thinks it is."""
        return datetime.now(UTC) + self.ahead

    def _clock(self) -> Any:
        now = self.now()
        date = {"Year": now.year, "Month": now.month, "Day": now.day}
        hour = {"Hour": now.hour, "Minute": now.minute, "Second": now.second}
        return {"DateTimeType": "NTP", "DaylightSavings": False, "UTCDateTime": {"Time": hour, "Date": date}}

    def _results(self) -> Any:
        begin, end = self.recorded.begin, self.recorded.end
        track = {"TrackToken": "VIDEO001", "TrackType": "Video", "Description": "", "DataFrom": begin, "DataTo": end}
        source = {"SourceId": "urn:1", "Name": "学校东门", "Location": "", "Description": "", "Address": "urn:1"}
        recording = {
            "RecordingToken": "rec-1",
            "Source": source,
            "EarliestRecording": begin,
            "LatestRecording": end,
            "Content": "",
            "Track": [track],
            "RecordingStatus": "Stopped",
            **self.told,
        }
        return {"SearchState": self.state, "RecordingInformation": [recording] * self.times}


@contextmanager
def served(recorder: Recorder, standard: Standard) -> Iterator[str]:
    """Serve a recorder; gives its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            envelope = ET.fromstring(body)  # noqa: S314 - of our own adapter
            question = envelope.find("{http://www.w3.org/2003/05/soap-envelope}Body")
            assert question is not None
            operation = question[0].tag.rpartition("}")[2]
            recorder.asked.append(operation)
            recorder.bodies.append(body)
            status, answer = recorder.raw.get(operation) or (200, b"")
            if not answer:
                answer = standard.answer(operation, recorder.answers()[operation](question[0]))
            self.send_response(status)
            self.send_header("Content-Type", "application/soap+xml")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
