"""The address of a server as an option of a source: what is accepted, and how it is told to people."""

import re
from ipaddress import IPv6Address
from typing import Annotated

import httpx
from pydantic import AfterValidator

from broker.domain.addresses import read_address, read_network

LONGEST_ADDRESS = 1000
_LAST_PORT = 65535
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?\.?")


def server_address(text: str) -> str:
    """Return the address of a web server without the slash at its end.

    Raises:
        ValueError: it is none, or carries a password, a question or a fragment, which have no place in it.
    """
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, UnicodeError):
        raise ValueError("is no address of a server") from None
    if not text.isprintable() or " " in text or "\\" in text or len(text) > LONGEST_ADDRESS:
        raise ValueError("is no address of a server")
    if url.scheme not in {"http", "https"}:
        raise ValueError("must begin with http:// or https://")
    if url.userinfo or "@" in text:
        raise ValueError("must not hold a name or a password; there are options for them")
    if url.query or url.fragment or "?" in text or "#" in text:
        raise ValueError("must not hold ? or #")
    if not _is_host(url.raw_host.decode("ascii", "replace")):
        raise ValueError("holds no host")
    if url.port is not None and not 0 < url.port <= _LAST_PORT:
        raise ValueError("holds no port")
    return text.rstrip("/")


def network(text: str) -> str:
    """Return a network as it was written.

    Raises:
        ValueError: it is no network in CIDR.
    """
    read_network(text)
    return text


ServerAddress = Annotated[str, AfterValidator(server_address)]
NetworkText = Annotated[str, AfterValidator(network)]


def _is_host(host: str) -> bool:
    """Say whether this is a name, or an address without a zone; addresses in odd spellings are left to the gate."""
    if _HOST.fullmatch(host):
        return True
    try:
        return isinstance(read_address(host), IPv6Address)
    except ValueError:
        return False
