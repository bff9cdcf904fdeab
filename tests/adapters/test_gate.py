"""Which machines an adapter may call: every spelling of this machine and of its link is refused, networks are not."""

import socket
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from adapters.errors import AdapterError, AddressRefused, InvalidOption, SourceUnreachable
from adapters.http_playback import HttpPlaybackAdapter
from adapters.motioneye import MotionEyeAdapter
from adapters.web.client import WebClient
from adapters.web.gate import Gate
from adapters.zoneminder import ZoneMinderAdapter
from broker.domain.addresses import read_address
from tests.adapters.web_server import Call, Reply, WebServer, serving

USUAL = ("10.0.0.5", "172.16.3.4", "192.168.1.64", "100.64.0.9", "8.8.8.8", "fd12:3456::8", "2606:4700::1111")
NEVER = (
    "127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "169.254.169.254", "169.254.1.1", "224.0.0.1", "239.1.2.3",  # noqa: S104 - addresses that are refused
    "240.0.0.1", "255.255.255.255", "100.100.100.200", "168.63.129.16", "::", "::1", "::2", "fe80::1", "fec0::1",
    "ff02::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:0.0.0.0", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::1", "2001:0:7f00:1::1", "fd00:ec2::254", "::127.0.0.1", "::ffff:0:127.0.0.1", "4000::1",
)  # fmt: skip
# What resolvers take for this machine, or for its link; and what is no address of a server at all.
HOSTS = (
    "127.0.0.1", "localhost", "LOCALHOST", "localhost.", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1",
    "0177.0.0.1", "017700000001", "127.000.000.001", "0", "0.0.0.0", "[::1]", "[::]", "[::ffff:127.0.0.1]",  # noqa: S104
    "[::ffff:7f00:1]", "[0:0:0:0:0:0:0:1]", "[64:ff9b::127.0.0.1]", "169.254.169.254", "2852039166", "0xa9fea9fe",
    "[fe80::1]", "[fd00:ec2::254]", "224.0.0.1", "255.255.255.255",
)  # fmt: skip
ADDRESSES = (
    "file:///etc/passwd", "ftp://10.0.0.5/", "gopher://10.0.0.5/", "rtsp://10.0.0.5/", "//10.0.0.5/", "10.0.0.5", "",
    "http://", "http:///x", "http:10.0.0.5", "http://user@10.0.0.5/", "http://user:secret@10.0.0.5/",
    "http://10.0.0.5@127.0.0.1/", "http://@10.0.0.5/", "http://10.0.0.5/?x", "http://10.0.0.5/#x", "http://10.0.0.5/?",
    "http://10.0.0.5\\@127.0.0.1/", "http://10.0.0.5\t/", "http://10.0.0.5\n/", "http://10.0.0.5 /", "http://a b/",
    "http://10.0.0.5:0/", "http://10.0.0.5:99999/", "http://10.0.0.5:x/", "http://[fe80::1%25eth0]/", "http://[::1",
    "http://①②⑦.⓪.⓪.①/", "http://10.0.0.5%2f@127.0.0.1/", "http://" + "a" * 2000, "http://exa\u0000mple/",
    "http://10.0.0.5%00.example/", "concat:http://10.0.0.5", "javascript:alert(1)", "http://-x/", "http://..../",
)  # fmt: skip


@pytest.mark.parametrize("address", USUAL)
def test_networks_where_cameras_live_are_open(address: str) -> None:
    assert Gate().lets_through(read_address(address))


@pytest.mark.parametrize("address", NEVER)
def test_this_machine_its_link_and_groups_are_closed(address: str) -> None:
    assert not Gate().lets_through(read_address(address))


def test_an_administrator_opens_one_network_and_no_other() -> None:
    gate = Gate.opening(["127.0.0.0/8"])
    assert gate.lets_through(read_address("127.0.0.1"))
    assert gate.lets_through(read_address("::ffff:127.0.0.1"))
    assert not gate.lets_through(read_address("::1"))
    assert not gate.lets_through(read_address("169.254.169.254"))


@pytest.fixture
def decoy() -> Iterator[WebServer]:
    """Listen where no adapter may come."""
    with serving(lambda _: Reply(b"{}")) as running:
        yield running


@pytest.mark.parametrize("host", HOSTS)
def test_no_spelling_of_this_machine_leads_to_it(host: str, decoy: WebServer) -> None:
    for adapter in (
        lambda address: HttpPlaybackAdapter.configured({"address": address, "channels": {"a": ""}}),
        lambda address: ZoneMinderAdapter.configured({"address": address, "timezone": "UTC"}),
        lambda address: MotionEyeAdapter.configured({"address": address, "timezone": "UTC"}),
    ):
        # A resolver that does not take a spelling for an address knows no such host.
        with pytest.raises((AddressRefused, InvalidOption, SourceUnreachable)):
            adapter(f"http://{host}:{decoy.port}").probe()
    assert decoy.calls == []


@pytest.mark.parametrize("address", ADDRESSES)
def test_what_is_no_address_of_a_web_server_is_refused_as_an_option(address: str) -> None:
    with pytest.raises(InvalidOption) as caught:
        HttpPlaybackAdapter.checked_options({"address": address, "channels": {"a": ""}})
    assert caught.value.pointer == "/address"
    assert "secret" not in str(caught.value)


def test_a_name_is_looked_up_once_and_every_address_counts(monkeypatch: pytest.MonkeyPatch, decoy: WebServer) -> None:
    """A name that has a harmless address first, or at first, leads nowhere else."""
    asked = []

    def lookup(host: str, port: object, **_: object) -> list[Any]:
        asked.append(host)
        addresses = ["10.255.255.1", "127.0.0.1"] if host == "mixed.example" else ["127.0.0.1"]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port or 0)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    for host in ("mixed.example", "rebound.example"):
        with pytest.raises(AddressRefused):
            WebClient(f"http://{host}:{decoy.port}", Gate()).answer("/")
    assert asked == ["mixed.example", "rebound.example"]
    assert decoy.calls == []


def test_the_connection_goes_to_the_address_that_was_checked(monkeypatch: pytest.MonkeyPatch, decoy: WebServer) -> None:
    """Should the name mean something else a moment later, nobody asks it again."""
    answers = iter([["127.0.0.1"], ["127.0.0.2"]])

    def lookup(_: str, port: object, **__: object) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (it, port or 0)) for it in next(answers)]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    answer = WebClient(f"http://camera.example:{decoy.port}", Gate.opening(["127.0.0.1"])).answer("/x")
    assert answer.status == 200
    assert decoy.calls[0].headers["host"] == f"camera.example:{decoy.port}"
    assert next(answers) == ["127.0.0.2"]


@pytest.mark.parametrize("path", ["/../../x", "//127.0.0.2/x", "http://127.0.0.2/x", "@127.0.0.2/x", "\\\\127.0.0.2"])
def test_a_path_never_leads_to_another_host(path: str, decoy: WebServer) -> None:
    client = WebClient(decoy.address, Gate.opening(["127.0.0.1"]))
    with suppress(AdapterError):
        client.answer(path)
    assert all(call.headers["host"] == f"127.0.0.1:{decoy.port}" for call in decoy.calls)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(status: int, decoy: WebServer) -> None:
    def sending(call: Call) -> Reply:  # noqa: ARG001
        return Reply(b"", status, {"location": f"{decoy.address}/elsewhere"})

    with serving(sending) as running:
        assert WebClient(running.address, Gate.opening(["127.0.0.1"])).answer("/").status == status
        assert len(running.calls) == 1
    assert decoy.calls == []
