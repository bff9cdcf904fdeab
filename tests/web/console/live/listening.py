"""An open page's stream, read in a thread of its own."""

import contextlib
import json
import queue
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import httpx

from tests.web.console.page import Person

PATIENCE = 10.0


class Heard(NamedTuple):
    """One event as it came."""

    name: str
    data: dict[str, Any]
    number: str


class Listener:
    """What a stream says."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self._kept: list[Heard] = []
        self._heard: queue.Queue[Heard | None] = queue.Queue()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        said: dict[str, str] = {}
        try:
            for line in self.answer.iter_lines():
                name, _, value = line.partition(": ")
                if line:
                    said[name] = value
                elif "event" in said:
                    self._heard.put(Heard(said["event"], json.loads(said["data"]), said.get("id", "")))
                    said = {}
        except httpx.HTTPError:
            pass
        self._heard.put(None)

    def next(self, name: str) -> Heard:
        """Return the next event of this name, others are kept; the stream's end is a fault."""
        for heard in self._kept:
            if heard.name == name:
                self._kept.remove(heard)
                return heard
        while (came := self._heard.get(timeout=PATIENCE)) is not None:
            if came.name == name:
                return came
            self._kept.append(came)
        raise AssertionError(f"the stream ended before {name}")

    def so_far(self) -> list[str]:
        """Return the names of the events that came by now and were not asked for."""
        return [heard.name for heard in (*self._kept, *self._heard.queue) if heard is not None]

    def rest(self) -> list[str]:
        """Return the names of all events until the stream ends."""
        came = iter(lambda: self._heard.get(timeout=PATIENCE), None)
        return [heard.name for heard in (*self._kept, *came)]


@contextmanager
def listening(person: Person, since: str = "", last: str = "") -> Iterator[Listener]:
    """Open the stream as a browser would."""
    headers = {"Accept": "text/event-stream", **({"Last-Event-ID": last} if last else {})}
    with person.client.stream("GET", "/live", params={"since": since} if since else None, headers=headers) as answer:
        assert answer.status_code == 200, answer.read()
        try:
            yield Listener(answer)
        finally:  # the thread that reads would hold the connection open until something came
            with contextlib.suppress(OSError):
                answer.extensions["network_stream"].get_extra_info("socket").shutdown(socket.SHUT_RDWR)
