"""Tiles of a server in the house, fetched by the program: for servers that need a key, or that browsers cannot reach.

The address is the configured one; of what a browser sends only three whole numbers get into it.
"""

import logging
import ssl
import threading
import time
from urllib.parse import urlsplit

import httpx

from broker.domain.errors import Unavailable
from broker.services.catalog.base_map.layers import Layers
from broker.services.catalog.base_map.tile import BaseTile

PATIENCE = 5.0  # seconds for connecting, and for each step after it
WHOLE_CALL = 10.0
LARGEST = 2 * 1024 * 1024
AT_ONCE = 8
QUEUE = 5.0  # seconds to wait for a turn: a server that hangs must not take all threads of ours
PICTURES = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif"})
SIGNATURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF", b"GIF8")

# It logs every address it asks for, and some hold the key.
logging.getLogger("httpx").setLevel(logging.WARNING)
logger = logging.getLogger(__name__)


class HouseTiles:
    """Asks the configured server, a few calls at a time."""

    def __init__(self, layers: Layers, key: str, context: ssl.SSLContext) -> None:
        self._addresses = [address.replace("{key}", key) for address in layers.addresses]
        self._turns = threading.BoundedSemaphore(AT_ONCE)
        self._client = httpx.Client(
            verify=context, timeout=PATIENCE, trust_env=False, follow_redirects=False,
            headers={"accept": "image/*", "accept-encoding": "identity", "user-agent": "xueliang"},
        )  # fmt: skip

    def tile(self, layer: int, z: int, x: int, y: int) -> BaseTile | None:
        """Return a tile; None where the server has none.

        Raises:
            Unavailable: there is no picture to be had.
        """
        numbers = {"z": z, "x": x, "y": y, "-y": 2**z - 1 - y}
        address = self._addresses[layer]
        for name, number in numbers.items():
            address = address.replace(f"{{{name}}}", str(number))
        if not self._turns.acquire(timeout=QUEUE):
            raise _away("busy")
        try:
            return self._fetched(address)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise _away(f"{urlsplit(address).hostname}: {type(error).__name__}") from None
        finally:
            self._turns.release()

    def _fetched(self, address: str) -> BaseTile | None:
        late = time.monotonic() + WHOLE_CALL
        with self._client.stream("GET", address) as answer:
            if answer.status_code in {httpx.codes.NO_CONTENT, httpx.codes.NOT_FOUND}:
                return None
            media_type = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
            if answer.status_code != httpx.codes.OK or media_type not in PICTURES:
                raise _away(f"status {answer.status_code}, {media_type[:40]}")
            content = bytearray()
            for piece in answer.iter_raw():
                content += piece
                if len(content) > LARGEST or time.monotonic() > late:
                    raise _away("too large or too slow")
        if not bytes(content[:16]).startswith(SIGNATURES):
            raise _away("no picture")
        return BaseTile(bytes(content), media_type)


def _away(reason: str) -> Unavailable:
    logger.warning("the base map cannot be asked: %s", reason)
    return Unavailable("base-map-unreachable")
