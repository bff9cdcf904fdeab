"""Addresses of machines: what hides inside an IPv6 one is found, what is none is refused."""

from ipaddress import ip_address, ip_network

import pytest

from broker.domain.addresses import plain, read_address, read_network


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        ("10.1.2.3", "10.1.2.3"),
        ("::ffff:10.1.2.3", "10.1.2.3"),
        ("64:ff9b::10.1.2.3", "10.1.2.3"),  # behind a translator, RFC 6052
        ("2001:db8::1", "2001:db8::1"),
        ("::10.1.2.3", "::10.1.2.3"),  # what was once compatible hides nothing
    ],
)
def test_an_address_inside_another_is_found(told: str, meant: str) -> None:
    assert plain(ip_address(told)) == ip_address(meant)
    assert plain(read_address(told)) == ip_address(meant)


@pytest.mark.parametrize("text", ["", "10.1.2", "10.1.2.03", "fe80::1%eth0", "localhost", "10.1.2.3/32", "10.1.2.3 "])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        read_address(text)


def test_a_network_has_no_bits_beyond_its_length() -> None:
    assert read_network("10.1.0.0/16") == ip_network("10.1.0.0/16")
    assert read_network("10.1.2.3").num_addresses == 1
    assert read_network("2001:db8::/32").version == 6
    for text in ("10.1.2.3/16", "10.1.0.0/33", "everything"):
        with pytest.raises(ValueError, match=r".*"):
            read_network(text)
