"""Guessing is bounded, and who guesses at a login does not keep its owner out."""

import pytest

from broker.bootstrap import Broker
from broker.domain.errors import Throttled, Unauthenticated
from broker.services.people.devices import KEPT
from broker.services.people.throttle import ADDRESS_TRIES, KNOWN_FOR, LOGIN_TRIES, WINDOW, whence
from tests.city import PASSWORD
from tests.clock import Turned

HOME, ELSEWHERE = "10.1.0.1", "203.0.113.{}"
WRONG = "wrong-wrong-wrong"


def flood(broker: Broker, login: str = "asker", tries: int = 3 * LOGIN_TRIES) -> int:
    """Guess from many addresses, and return how many tries were looked at."""
    looked = 0
    for number in range(tries):
        try:
            broker.sign_in.open(login, WRONG, ELSEWHERE.format(number))
        except Unauthenticated:
            looked += 1
        except Throttled:
            pass
    return looked


def test_a_flood_from_elsewhere_is_bounded_and_stops_nobody_at_home(turned: Broker, clock: Turned) -> None:
    turned.sign_in.open("asker", PASSWORD, HOME)
    assert flood(turned) == LOGIN_TRIES
    assert turned.sign_in.open("asker", PASSWORD, HOME).person.login == "asker"
    with pytest.raises(Throttled):
        turned.sign_in.open("asker", PASSWORD, "198.51.100.7")  # as unknown as the flood itself
    with pytest.raises(Throttled):
        turned.sign_in.open("asker", PASSWORD, ELSEWHERE.format(1))
    assert flood(turned, tries=3) == 0, "signing in at home starts nothing anew elsewhere"
    clock.at += WINDOW
    assert flood(turned) == LOGIN_TRIES


def test_nor_on_a_known_device_wherever_it_is(turned: Broker) -> None:
    device = turned.sign_in.open("asker", PASSWORD, HOME).device
    assert flood(turned) == LOGIN_TRIES
    again = turned.sign_in.open("asker", PASSWORD, "198.51.100.7", device=device)
    assert again.device
    # also where a neighbour has filled the address
    for number in range(ADDRESS_TRIES):
        with pytest.raises(Unauthenticated):
            turned.sign_in.open(f"guess{number}", WRONG, "192.0.2.1")
    with pytest.raises(Throttled):
        turned.sign_in.open("looker", PASSWORD, "192.0.2.1")
    turned.sign_in.open("asker", PASSWORD, "192.0.2.1", device=again.device)


def test_a_known_device_and_a_known_address_have_bounds_of_their_own(turned: Broker) -> None:
    device = turned.sign_in.open("asker", PASSWORD, HOME).device
    for where, cookie in ((HOME, None), ("198.51.100.7", device)):
        for _ in range(LOGIN_TRIES):
            with pytest.raises(Unauthenticated):
                turned.sign_in.open("asker", WRONG, where, device=cookie)
        with pytest.raises(Throttled):
            turned.sign_in.open("asker", PASSWORD, where, device=cookie)


def test_a_device_is_known_for_its_own_logins_only(turned: Broker, clock: Turned) -> None:
    device = turned.sign_in.open("looker", PASSWORD, HOME).device
    assert device
    flood(turned)
    for cookie in (device, device[:-6] + "AAAAA=", "made-up", "", "x" * 5000, None):
        with pytest.raises(Throttled):
            turned.sign_in.open("asker", PASSWORD, "198.51.100.8", device=cookie)
    clock.at += WINDOW
    shared = turned.sign_in.open("asker", PASSWORD, "198.51.100.8", device=device).device
    flood(turned)
    flood(turned, "looker")
    for login in ("asker", "looker"):
        turned.sign_in.open(login, PASSWORD, "198.51.100.9", device=shared)


def test_devices_and_addresses_are_forgotten(turned: Broker, clock: Turned) -> None:
    device = turned.sign_in.open("asker", PASSWORD, HOME).device
    clock.at += KNOWN_FOR
    flood(turned)
    with pytest.raises(Throttled):
        turned.sign_in.open("asker", PASSWORD, HOME)
    turned.sign_in.open("asker", PASSWORD, "198.51.100.7", device=device)
    clock.at += KEPT
    flood(turned)
    with pytest.raises(Throttled):
        turned.sign_in.open("asker", PASSWORD, "198.51.100.8", device=device)


def test_a_flood_does_not_stop_somebody_who_is_in(turned: Broker) -> None:
    caller = turned.sign_in.by_session(turned.sign_in.open("asker", PASSWORD, HOME).secret)
    flood(turned)
    assert turned.second_factor.begin(caller, PASSWORD, ELSEWHERE.format(1)).secret


def test_without_a_key_every_device_is_unknown_and_everybody_gets_in(turned: Broker) -> None:
    device = turned.sign_in.open("asker", PASSWORD, HOME).device
    assert device
    (turned.settings.data / "secret.key").unlink()
    turned.secrets._keys, turned.secrets._make = {}, False
    signed = turned.sign_in.open("asker", PASSWORD, HOME, device=device)
    assert signed.device is None
    flood(turned)
    turned.sign_in.open("asker", PASSWORD, HOME)  # the address is known


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_what_an_address_is_counted_as(address: str, counted: str) -> None:
    assert whence(address) == counted


def test_one_house_of_many_addresses_is_one(turned: Broker) -> None:
    for number in range(ADDRESS_TRIES):
        with pytest.raises(Unauthenticated):
            turned.sign_in.open(f"guess{number}", WRONG, f"2001:db8:0:1::{number:x}")
    with pytest.raises(Throttled):
        turned.sign_in.open("looker", PASSWORD, "2001:db8:0:1:ffff::1")
    turned.sign_in.open("looker", PASSWORD, "2001:db8:0:2::1")
