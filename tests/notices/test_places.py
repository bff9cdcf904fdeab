"""Where a webhook may point: every form of a private address is refused, and nothing else is called in its place."""

import socket
from ipaddress import ip_address

import pytest

from broker.domain.errors import Invalid
from broker.services.notices.couriers.places import Rules, allowed, find_place, read_networks, read_url

PRIVATE = [
    "127.0.0.1", "127.8.9.10", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254",  # noqa: S104  # to be refused
    "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.1.1.1", "240.0.0.1",
    "255.255.255.255", "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::1", "2002:a00:1::1", "2001::1",
    "2001:db8::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1", "100::1", "5f00::1",
]  # fmt: skip
PUBLIC = ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]


def answering(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """Let every name have these addresses, and note which names are looked up."""
    asked: list[str] = []

    def look_up(host: str, _port: object, **_: object) -> list[tuple[int, int, int, str, tuple[str, int]]]:
        asked.append(host)
        return [(0, 0, 0, "", (address, 0)) for address in addresses]

    monkeypatch.setattr("socket.getaddrinfo", look_up)
    return asked


@pytest.mark.parametrize("address", PRIVATE)
def test_a_private_address_is_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, address)
    with pytest.raises(Invalid) as refused:
        find_place("https://hook.example.org/x", Rules())
    assert (refused.value.slug, refused.value.pointer) == ("webhook-private", "/url")


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_taken(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, address)
    assert find_place("https://hook.example.org/x", Rules()).address == ip_address(address)


def test_one_private_address_among_public_ones_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, "8.8.8.8", "1.1.1.1", "10.0.0.1")
    with pytest.raises(Invalid, match="webhook-private"):
        find_place("https://hook.example.org/x", Rules())


@pytest.mark.parametrize(
    "url",
    [
        "https://localhost/", "https://127.0.0.1/", "https://127.1/", "https://2130706433/", "https://0x7f.0.0.1/",
        "https://0177.0.0.1/", "https://0/", "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://127.0.0.1./",
        "https://[::]/",
    ],
)  # fmt: skip
def test_this_machine_is_refused_however_it_is_written(url: str) -> None:
    with pytest.raises(Invalid) as refused:
        find_place(url, Rules())
    assert refused.value.slug in {"webhook-private", "webhook-host", "webhook-url"}
    assert refused.value.pointer == "/url"


def test_the_operator_allows_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = Rules(read_networks("10.1.2.0/24, fd00::/8"))
    answering(monkeypatch, "10.1.2.3")
    assert find_place("https://oa.local/x", rules).address == ip_address("10.1.2.3")
    assert allowed(ip_address("fd00::1"), rules.networks)
    assert allowed(ip_address("::ffff:10.1.2.3"), rules.networks)
    assert not allowed(ip_address("10.1.3.1"), rules.networks)
    assert read_networks("") == ()
    with pytest.raises(Invalid, match="webhook-networks"):
        read_networks("10.1.2.3/8")


@pytest.mark.parametrize(
    ("url", "slug"),
    [
        ("", "webhook-url"),
        ("hook.example.org", "webhook-url"),
        ("https://", "webhook-url"),
        ("https:///path", "webhook-url"),
        ("https://user:pw@hook.example.org/", "webhook-url"),
        ("https://hook.example.org/#part", "webhook-url"),
        ("https://hook example.org/", "webhook-url"),
        ("https://hook%2eexample.org/", "webhook-url"),
        ("https://hook_example.org/", "webhook-url"),
        ("https://[fe80::1%25eth0]/", "webhook-url"),
        ("https://hook.example.org\r\nX: y/", "webhook-url"),
        ("https://hook.example.org:port/", "webhook-url"),
        ("https://hook.example.org/" + "x" * 1000, "webhook-url"),
        ("http://hook.example.org/", "webhook-scheme"),
        ("ftp://hook.example.org/", "webhook-scheme"),
        ("file://hook.example.org/etc/passwd", "webhook-scheme"),
        ("https://hook.example.org:22/", "webhook-port"),
        ("https://hook.example.org:80/", "webhook-port"),
        ("https://hook.example.org:0/", "webhook-port"),
        ("https://hook.example.org:70000/", "webhook-port"),
    ],
)
def test_what_is_no_url_of_a_webhook(url: str, slug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answering(monkeypatch, "8.8.8.8")
    with pytest.raises(Invalid) as refused:
        find_place(url, Rules())
    assert (refused.value.slug, refused.value.pointer) == (slug, "/url")
    assert asked == [], "it was looked up before it was read"


def test_what_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answering(monkeypatch, "8.8.8.8")
    assert str(find_place("https://Hook.Example.org:8443/a?b=c", Rules()).target) == "https://8.8.8.8:8443/a?b=c"
    assert find_place("https://例子.测试/x", Rules()).host == "xn--fsqu00a.xn--0zwm56d"
    assert find_place("http://hook.example.org/x", Rules(plain_http=True)).host_header == "hook.example.org"
    assert asked == ["hook.example.org", "xn--fsqu00a.xn--0zwm56d", "hook.example.org"]
    assert read_url("https://hook.example.org", Rules()).port is None


def test_a_host_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "unknown")

    monkeypatch.setattr("socket.getaddrinfo", fail)
    with pytest.raises(Invalid, match="webhook-host"):
        find_place("https://nowhere.example.org/", Rules())
