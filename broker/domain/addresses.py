"""Addresses of machines, and the IPv4 address that may hide inside an IPv6 one."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

IpAddress = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_TRANSLATED = IPv6Network("64:ff9b::/96")  # RFC 6052: an IPv4 address behind a translator


def plain(address: IpAddress) -> IpAddress:
    """Return the IPv4 address that an IPv6 one stands for, or else the address itself."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return IPv4Address(int(address) & 0xFFFF_FFFF) if address in _TRANSLATED else address


def read_address(text: str) -> IpAddress:
    """Read an address without a zone.

    Raises:
        ValueError: it is none.
    """
    address = ip_address(text)
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        raise ValueError(text)
    return address


def read_network(text: str) -> Network:
    """Read a network in CIDR, or a single address.

    Raises:
        ValueError: it is none, or has bits beyond its length.
    """
    return ip_network(text)
