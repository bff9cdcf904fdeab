"""Where a webhook may point: every address of its host must be public, and the call goes to one that was checked.

The host is looked up once a call, its addresses are checked, and the connection is made to one of these addresses;
so a name that answers differently the second time (DNS rebinding) gains nothing. There is one reading of the URL, by
the library that also makes the call: what was checked is what is called.
"""

import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network, ip_address

import httpx

from broker.domain.addresses import IpAddress, Network, plain, read_network
from broker.domain.errors import Invalid

LONGEST_URL = 1000
FIRST_FREE_PORT = 1024
USUAL_PORTS = {"https": 443, "http": 80}

_HOST = re.compile(rb"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?\.?")
_UNICAST = IPv6Network("2000::/3")
_SIX_TO_FOUR = IPv6Network("2002::/16")


@dataclass(frozen=True)
class Rules:
    """What the operator allows beyond public addresses and https."""

    networks: tuple[Network, ...] = ()
    plain_http: bool = False


@dataclass(frozen=True)
class Place:
    """A URL with the address that was checked for this call."""

    url: httpx.URL
    address: IpAddress

    @property
    def target(self) -> httpx.URL:
        """The URL with the address in place of the name; Host and TLS keep the name."""
        return self.url.copy_with(host=str(self.address))

    @property
    def host(self) -> str:
        return self.url.raw_host.decode()

    @property
    def host_header(self) -> str:
        return self.url.netloc.decode()


def read_networks(text: str) -> tuple[Network, ...]:
    """Read networks as the setting writes them: CIDR, separated by commas.

    Raises:
        Invalid: one of them is no network.
    """
    return tuple(_network(part.strip()) for part in text.split(",") if part.strip())


def _network(text: str) -> Network:
    try:
        return read_network(text)
    except ValueError:
        raise Invalid("webhook-networks", pointer="/webhook_private_networks", value=text[:80]) from None


def find_place(text: str, rules: Rules) -> Place:
    """Return where a webhook leads now.

    Raises:
        Invalid: no URL of a webhook, an unknown host, or a host with an address that is not allowed; at /url.
    """
    url = read_url(text, rules)
    addresses = _addresses(url)
    for address in addresses:
        if not allowed(address, rules.networks):
            raise Invalid("webhook-private", pointer="/url", host=url.raw_host.decode(), address=str(address))
    return Place(url, addresses[0])


def read_url(text: str, rules: Rules) -> httpx.URL:
    """Read the URL of a webhook; nothing is looked up.

    Raises:
        Invalid: it is malformed, or has a scheme or port that is not allowed.
    """
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError, UnicodeError):
        raise Invalid("webhook-url", pointer="/url") from None
    if len(text) > LONGEST_URL or url.userinfo or url.fragment or not _is_host(url.raw_host):
        raise Invalid("webhook-url", pointer="/url")
    if url.scheme != "https" and not (url.scheme == "http" and rules.plain_http):
        raise Invalid("webhook-scheme", pointer="/url")
    port = url.port if url.port is not None else USUAL_PORTS[url.scheme]
    if port != USUAL_PORTS[url.scheme] and not FIRST_FREE_PORT <= port <= 65535:  # noqa: PLR2004  # 16 bits
        raise Invalid("webhook-port", pointer="/url", port=port)
    return url


def _is_host(host: bytes) -> bool:
    """Say whether this is a name, or an address without a zone."""
    if _HOST.fullmatch(host):
        return True
    try:
        return isinstance(ip_address(host.decode()), IPv6Address) and b"%" not in host
    except (ValueError, UnicodeDecodeError):
        return False


def _addresses(url: httpx.URL) -> Sequence[IpAddress]:
    host = url.raw_host.decode()
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        return [ip_address(str(entry[4][0])) for entry in found]
    except (OSError, UnicodeError, ValueError):
        raise Invalid("webhook-host", pointer="/url", host=host) from None


def allowed(address: IpAddress, networks: Sequence[Network]) -> bool:
    """Say whether a call may go there: a public address, or one of a network that the operator named.

    An IPv4 address inside an IPv6 one counts as itself; tunnels that hide one are never public.
    """
    address = plain(address)
    return any(address in network for network in networks) or is_public(address)


def is_public(address: IpAddress) -> bool:
    """Say whether an address belongs to the internet and to one machine."""
    if isinstance(address, IPv6Address) and (address not in _UNICAST or address in _SIX_TO_FOUR):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)
