"""People with an authenticator, for tests that turn the clock: each test makes persons of its own."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import count

import pyotp
import pytest

from broker.bootstrap import Broker, operator
from broker.domain.errors import BrokerError
from broker.domain.ids import PersonId
from broker.domain.oversight.audit import Event
from broker.domain.people.accounts import Caller
from broker.services.people.accounts import NewPerson
from policies import facts
from policies.vocabulary import Fact
from tests.city import PASSWORD
from tests.clock import Turned

HERE = "10.0.0.7"
STEP = timedelta(seconds=30)
_NUMBERS = count(1)


@dataclass(frozen=True)
class Somebody:
    """A person of one test."""

    login: str
    id: PersonId


@dataclass
class Member:
    """Somebody with an authenticator, and the session they work in."""

    broker: Broker
    clock: Turned
    login: str
    id: PersonId
    session: str
    app: pyotp.TOTP
    recovery: list[str]

    def code(self, off: int = 0) -> str:
        return self.app.at(self.clock.at + off * STEP)

    def next_code(self) -> str:
        """Wait for a code that was not used yet."""
        self.clock.at += 2 * STEP
        return self.code()

    @property
    def caller(self) -> Caller:
        return self.broker.sign_in.by_session(self.session)

    def step_up(self, code: str) -> None:
        self.broker.second_factor.step_up(self.caller, code, HERE)

    def known(self) -> Fact:
        return facts.of_second_factor(self.caller, self.clock.at)


def newcomer(broker: Broker, home: str = "dh-hb", role: str = "requester") -> Somebody:
    new = NewPerson(f"new{next(_NUMBERS)}", "新人", home, PASSWORD, ((role, home),))
    return Somebody(new.login, broker.accounts.add_person(operator("tests"), new).person.id)


def enrol(broker: Broker, clock: Turned, who: Somebody | Member) -> Member:
    session = broker.sign_in.open(who.login, PASSWORD, HERE).secret
    caller = broker.sign_in.by_session(session)
    app = pyotp.parse_uri(broker.second_factor.begin(caller, PASSWORD, HERE).uri)
    assert isinstance(app, pyotp.TOTP)
    confirmed = broker.second_factor.confirm(caller, app.at(clock.at), HERE)
    return Member(broker, clock, who.login, who.id, session, app, list(confirmed.codes))


def events(broker: Broker, stream: str) -> list[Event]:
    with broker.work() as work:
        return list(work.audit.stream(stream))


def kinds(broker: Broker, stream: str) -> list[str]:
    return [event.kind for event in events(broker, stream)]


def refusal(act: Callable[[], object]) -> BrokerError:
    with pytest.raises(BrokerError) as told:
        act()
    return told.value
