"""Calls to the other house: https, no redirect, no proxy, an end to waiting and to what is read."""

import asyncio
import json
import logging
import threading
from collections.abc import Mapping

import httpx

from broker.domain.errors import Invalid, Unavailable
from broker.services.people.oidc.house import House

PATIENCE = 5.0  # seconds for connecting, and for each step after it
WHOLE_CALL = 10.0  # seconds for everything
LARGEST = 256 * 1024
AT_ONCE = 4
QUEUE = 3.0  # seconds to wait for a turn: a house that hangs must not take all threads of ours

logger = logging.getLogger(__name__)
Answer = tuple[int, Mapping[str, object]]


class Line:
    """The line to the house, for a few calls at a time."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._turns = threading.BoundedSemaphore(AT_ONCE)

    def get(self, url: str) -> Mapping[str, object]:
        """Return the document behind an address.

        Raises:
            Unavailable: it is not to be had.
        """
        status, told = self._called("GET", url, {}, "")
        if status != httpx.codes.OK:
            raise _away(f"status {status}")
        return told

    def post(self, url: str, headers: Mapping[str, str], body: str) -> Answer:
        """Hand a form in and return status and answer.

        Raises:
            Unavailable: there is no answer that could be read.
        """
        return self._called("POST", url, headers, body)

    def _called(self, method: str, url: str, headers: Mapping[str, str], body: str) -> Answer:
        try:
            way = self._house.way_to(url)
        except Invalid as error:
            raise _away(error.slug) from None
        if not self._turns.acquire(timeout=QUEUE):
            raise _away("busy")
        try:
            status, text = asyncio.run(_sent(method, way, headers, body, self._house))
        except (TimeoutError, httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise _away(type(error).__name__) from None
        finally:
            self._turns.release()
        return status, _read(status, text)


async def _sent(
    method: str, way: tuple[httpx.URL, str, str], headers: Mapping[str, str], body: str, house: House
) -> tuple[int, bytes]:
    target, host, name = way
    sent = {"accept": "application/json", "accept-encoding": "identity", "user-agent": "xueliang", **headers}
    async with (
        asyncio.timeout(WHOLE_CALL),
        httpx.AsyncClient(verify=house.context, timeout=PATIENCE, trust_env=False, follow_redirects=False) as client,
        client.stream(
            method, target, content=body or None, headers={**sent, "host": host}, extensions={"sni_hostname": name}
        ) as response,
    ):
        text = bytearray()
        async for piece in response.aiter_raw():
            text += piece
            if len(text) > LARGEST:
                raise _away("too large")
        return response.status_code, bytes(text)


def _read(status: int, text: bytes) -> Mapping[str, object]:
    if status >= httpx.codes.INTERNAL_SERVER_ERROR or httpx.codes.is_redirect(status):
        raise _away(f"status {status}")
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        raise _away("no JSON") from None
    if not isinstance(told, dict):
        raise _away("no object")
    return told


def _away(reason: str) -> Unavailable:
    logger.warning("the house of identities cannot be asked: %s", reason)
    return Unavailable("oidc-unreachable", reason=reason)
