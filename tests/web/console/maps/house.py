"""A server of tiles in the house, with plain tiles of one colour each, and the broker over it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import cv2
import numpy as np
from fastapi import FastAPI

from broker.bootstrap import Broker
from broker.fittings import base_map
from broker.services.catalog.base_map.base_maps import BaseMaps
from broker.settings import Settings
from broker.web.app import create_app
from tests.web.console.conftest import without_tls
from tests.web.door import serving

SIZE = 256
Answer = tuple[int, dict[str, str], bytes]


def plain(colour: tuple[int, int, int]) -> bytes:
    """Return a PNG of one colour: blue, green, red."""
    done, bits = cv2.imencode(".png", np.full((SIZE, SIZE, 3), colour, np.uint8))
    assert done
    return bits.tobytes()


@dataclass
class House:
    """What was asked of it, and what it answers."""

    url: str
    answer: Answer = (404, {}, b"")
    asked: list[str] = field(default_factory=list)

    def answers(self, answer: Answer) -> None:
        self.answer = answer


@contextmanager
def tile_server() -> Iterator[House]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # as the library names it
            house.asked.append(self.path)
            status, headers, content = house.answer
            self.send_response(status)
            for name, value in {"Content-Length": str(len(content)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # as the library names it
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    house = House(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield house
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Settable:
    """A console whose base map is set anew while it runs; pictures may come from the house."""

    url: str
    house: House
    app: FastAPI
    plain: Broker

    def set(self, **settings: object) -> Broker:
        """Take a base map that is set so, over the same database."""
        told = settings_with(self.plain, **settings)
        maps = BaseMaps(
            self.plain.work, self.plain.policy, self.plain.finding, *base_map(told), outlined=told.map_outline
        )
        changed = replace(self.plain, settings=told, base_maps=maps)
        self.app.state.broker = changed
        return changed


def settings_with(broker: Broker, **settings: object) -> Settings:
    return broker.settings.model_validate({**broker.settings.model_dump(), **settings})


@contextmanager
def settable(broker: Broker) -> Iterator[Settable]:
    with tile_server() as house:
        told = settings_with(broker, map_basemap="xyz", map_url=f"{house.url}/{{z}}/{{x}}/{{y}}")
        maps = BaseMaps(broker.work, broker.policy, broker.finding, *base_map(told), outlined=True)
        plain_broker = without_tls(replace(broker, settings=told, base_maps=maps))
        app = create_app(plain_broker)
        with serving(app) as url:
            yield Settable(url, house, app, without_tls(broker))
