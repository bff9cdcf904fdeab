"""Sessions: how they open, end and are throttled; nothing tells whether a login exists."""

from datetime import timedelta

import pytest

from broker.bootstrap import Broker
from broker.domain.errors import Throttled, Unauthenticated
from broker.services.people.sign_in import ABSOLUTE, IDLE, SESSIONS, Passwords, csrf_of
from broker.services.people.throttle import ADDRESS_TRIES, LOGIN_TRIES, WINDOW
from tests.city import PASSWORD
from tests.clock import Turned


def test_a_session_ends_when_idle_and_in_any_case(turned: Broker, clock: Turned) -> None:
    signed = turned.sign_in.open("asker", PASSWORD, "10.0.0.1")
    assert signed.csrf == csrf_of(signed.secret)
    opened = clock.at
    while clock.at + IDLE < opened + ABSOLUTE:
        clock.at += IDLE - timedelta(seconds=1)
        assert turned.sign_in.by_session(signed.secret).name == "人员asker"
    clock.at = opened + ABSOLUTE
    with pytest.raises(Unauthenticated, match="session-ended"):
        turned.sign_in.by_session(signed.secret)
    again = turned.sign_in.open("asker", PASSWORD, "10.0.0.1")
    clock.at += IDLE
    with pytest.raises(Unauthenticated, match="session-ended"):
        turned.sign_in.by_session(again.secret)


def test_only_the_newest_sessions_are_kept(turned: Broker, clock: Turned) -> None:
    secrets = []
    for _ in range(SESSIONS + 1):
        secrets.append(turned.sign_in.open("asker", PASSWORD, "10.0.0.1").secret)
        clock.at += timedelta(seconds=1)
    with pytest.raises(Unauthenticated):
        turned.sign_in.by_session(secrets[0])
    for secret in secrets[1:]:
        assert turned.sign_in.by_session(secret).via == "session"


def test_signing_out_ends_this_session(turned: Broker) -> None:
    signed = turned.sign_in.open("asker", PASSWORD, "10.0.0.1")
    turned.sign_in.close(turned.sign_in.by_session(signed.secret), signed.secret)
    with pytest.raises(Unauthenticated):
        turned.sign_in.by_session(signed.secret)


def test_a_login_is_throttled_for_a_while_and_known_and_unknown_look_alike(turned: Broker, clock: Turned) -> None:
    for login in ("asker", "nobody"):
        for _ in range(LOGIN_TRIES):
            with pytest.raises(Unauthenticated, match="wrong-credentials"):
                turned.sign_in.open(login, "wrong-wrong-wrong", "10.0.0.2")
        with pytest.raises(Throttled, match="too-many-sign-ins"):
            turned.sign_in.open(login, PASSWORD, "10.0.0.2")
    clock.at += WINDOW + timedelta(seconds=1)
    assert turned.sign_in.open("asker", PASSWORD, "10.0.0.2").person.login == "asker"


def test_an_address_that_tries_many_logins_is_throttled(turned: Broker) -> None:
    for number in range(ADDRESS_TRIES):
        with pytest.raises(Unauthenticated):
            turned.sign_in.open(f"guess{number}", "wrong-wrong-wrong", "10.0.0.3")
    with pytest.raises(Throttled):
        turned.sign_in.open("asker", PASSWORD, "10.0.0.3")
    assert turned.sign_in.open("asker", PASSWORD, "10.0.0.4").person.login == "asker"


def test_a_broken_hash_lets_nobody_in() -> None:
    passwords = Passwords(memory_kib=64, passes=1)
    assert passwords.fits(passwords.hash(PASSWORD), PASSWORD)
    assert not passwords.fits(passwords.hash(PASSWORD), PASSWORD + "x")
    assert not passwords.fits("no hash at all", PASSWORD)
    assert not passwords.fits(None, PASSWORD)
