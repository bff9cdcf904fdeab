"""Which machines an adapter may call: recorders on the networks of a city, never the broker's own machine.

A host is looked up once a connection, every address it has is checked, and the connection is made to one of these;
so a name that answers differently the second time (DNS rebinding) gains nothing. Cameras live on private networks, so
private addresses are as good as public ones. Refused are this very machine, what is only link-local (where clouds
serve credentials to whoever asks), groups of machines, and tunnels that hide another address.
"""

import socket
import time
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network

from adapters.errors import AddressRefused, SourceTimeout, SourceUnreachable
from broker.domain.addresses import IpAddress, Network, plain, read_address, read_network

_UNICAST, _PRIVATE = IPv6Network("2000::/3"), IPv6Network("fc00::/7")
_TUNNELS = (IPv6Network("2002::/16"), IPv6Network("2001::/32"))  # 6to4 and Teredo
# Where clouds serve the credentials of a machine to itself, outside the link-local networks.
_METADATA = {IPv4Address("100.100.100.200"), IPv4Address("168.63.129.16"), IPv6Address("fd00:ec2::254")}


@dataclass(frozen=True)
class Gate:
    """Opens connections to hosts whose addresses are allowed.

    Attributes:
        allowed: networks that the administrator of the source opens besides the usual ones, such as the broker's own
            machine, where a recorder may run too.
    """

    allowed: tuple[Network, ...] = ()

    @classmethod
    def opening(cls, networks: Iterable[str]) -> "Gate":
        """Return a gate that also lets through what these networks (CIDR) hold."""
        return cls(tuple(read_network(it) for it in networks))

    def lets_through(self, address: IpAddress) -> bool:
        """Say whether a connection may go to this address."""
        address = plain(address)
        return any(address in network for network in self.allowed) or _is_some_machine(address)

    def addresses(self, host: str) -> tuple[IpAddress, ...]:
        """Look the host up and return its addresses.

        Raises:
            AddressRefused: one of them is not allowed; a name with such an address is not trusted with the others.
            SourceUnreachable: nobody knows the host.
        """
        try:
            found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
            addresses = tuple(dict.fromkeys(read_address(str(entry[4][0])) for entry in found))
        except (OSError, UnicodeError):
            raise SourceUnreachable(where=host) from None
        except ValueError:  # an address with a zone is link-local
            raise AddressRefused(host=host, address=host) from None
        for address in addresses:
            if not self.lets_through(address):
                raise AddressRefused(host=host, address=str(address))
        return addresses

    def connect(self, host: str, port: int, seconds: float) -> socket.socket:
        """Return a connection to the first address of the host that answers.

        Args:
            host: a name or an address; looked up now, once.
            port: of TCP.
            seconds: for all addresses together.

        Raises:
            AddressRefused: as for `addresses`.
            SourceUnreachable: no address takes the connection.
            SourceTimeout: none answers in time.
        """
        addresses, end = self.addresses(host), time.monotonic() + seconds
        last: OSError = TimeoutError()
        for address in addresses:
            left = end - time.monotonic()
            if left <= 0:
                break
            connection = socket.socket(socket.AF_INET if address.version == 4 else socket.AF_INET6)  # noqa: PLR2004
            try:
                connection.settimeout(left)
                connection.connect((str(address), port))
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except OSError as error:
                connection.close()
                last = error
                continue
            return connection
        if isinstance(last, TimeoutError):
            raise SourceTimeout(seconds=round(seconds, 1)) from last
        raise SourceUnreachable(where=f"{host}:{port}") from last


def _is_some_machine(address: IpAddress) -> bool:
    """Say whether this is the address of one machine that is neither this one nor only on this link."""
    if address in _METADATA or address.is_multicast or address.is_loopback or address.is_link_local:
        return False
    if isinstance(address, IPv6Address):
        tunnel = any(address in network for network in _TUNNELS)
        return (address in _UNICAST or address in _PRIVATE) and not tunnel
    # 0.0.0.0/8 is "this machine" to many systems, 240.0.0.0/4 nobody's.
    return not (address.is_reserved or address.is_unspecified or int(address) >> 24 == 0)
