"""Emergencies, deadlines and what people are told of them, on a clock that the test turns."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from sqlalchemy import text

from broker.bootstrap import Broker, operator
from broker.domain.footage.grants import Grant
from broker.domain.people.accounts import Caller
from broker.domain.requests.access_requests import AccessRequest, AskedLine
from broker.domain.requests.purpose import Purpose
from broker.domain.time import TimeSpan
from broker.services.deciding.emergencies import EmergencyForm
from broker.services.people.sign_in import caller_of
from tests.city import City
from tests.clock import Turned
from tests.services.members import Member, enrol, newcomer

HOUR = timedelta(hours=1)
PURPOSE = Purpose("public-safety", "missing", "110202611210001", "老人走失，需立即确认去向和乘车情况")
TOGETHER = ("investigator", "emergency_investigator")


@dataclass(frozen=True)
class Scene:
    """A city on a clock, with somebody who may open emergencies."""

    broker: Broker
    city: City
    clock: Turned
    opener: Member

    def form(self, *owners: str, **changes: Any) -> EmergencyForm:
        """Return the form for the last hour of all cameras of some departments."""
        end = self.clock.at
        cameras = [camera for owner in owners or ("dh-cg", "dh-jt") for camera in self.city.cameras_of(owner)]
        lines = tuple(AskedLine(camera.id, TimeSpan(end - HOUR, end)) for camera in cameras)
        return replace(EmergencyForm(PURPOSE, lines), **changes)

    def opened(self, *owners: str) -> tuple[AccessRequest, list[Grant]]:
        self.freshen()
        request, grants = self.broker.emergencies.open(self.opener.caller, self.form(*owners))
        return request, list(grants)

    def freshen(self) -> None:
        """Show the second factor, in a session that the clock has not ended."""
        self.clock.at += timedelta(minutes=2)
        session = self.broker.sign_in.open(self.opener.login, "correct-horse-battery", "10.0.0.7", self.opener.code())
        self.opener.session = session.secret

    def caller(self, login: str) -> Caller:
        return self.city.caller(self.broker, login)

    @property
    def looker(self) -> Caller:
        """The opener without a session: whom the clock has not signed out, and whose second factor is not fresh."""
        with self.broker.work() as work:
            return caller_of(work, self.opener.id)

    def ratify(self, request: AccessRequest, login: str = "center.dh") -> AccessRequest:
        return self.broker.emergencies.ratify(self.caller(login), request.id, "情况属实")

    def trust(self, role: str = "emergency_investigator") -> None:
        """Give the opener a role, once more where it was lost."""
        self.broker.accounts.assign(operator("tests"), self.opener.id, role, "dh-hb")


def scene_of(broker: Broker, city: City, clock: Turned, roles: tuple[str, ...] = TOGETHER) -> Scene:
    # Quotas are taken by the clock of the database: what is opened here holds there as well.
    clock.at = min(clock.at, datetime.now(UTC) - timedelta(minutes=30))
    somebody = newcomer(broker, role=roles[0])
    for role in roles[1:]:
        broker.accounts.assign(operator("tests"), somebody.id, role, "dh-hb")
    return Scene(broker, city, clock, enrol(broker, clock, somebody))


def told(broker: Broker, city: City, since: int = 0) -> dict[str, set[str]]:
    """Return who was told of what, by kind, leaving out the first `since` notices; logins, and ids of newcomers."""
    names = {str(key): login for login, key in city.persons.items()}
    with broker.engine.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT n.kind, r.person_id FROM (SELECT * FROM notice ORDER BY id OFFSET :since) n"
                " LEFT JOIN notice_recipient r ON r.notice_id = n.id"
            ),
            {"since": since},
        ).all()
    found: dict[str, set[str]] = {}
    for kind, person in rows:
        heard = found.setdefault(kind, set())
        if person is not None:
            heard.add(names.get(str(person), str(person)))
    return found


def let_grants_expire(broker: Broker) -> None:
    """Move all grants two hours into the past, because the rules of the database go by its own clock."""
    with psycopg.connect(broker.database_url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        earlier = "SET valid_from = valid_from - interval '2 hours', valid_until = valid_until - interval '2 hours'"
        connection.execute(f"UPDATE access_grant {earlier}")


def notices(broker: Broker) -> int:
    return counted(broker, "notice")


def counted(broker: Broker, *tables: str) -> int:
    """Return how many rows these tables have together."""
    with broker.engine.connect() as connection:
        return sum(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() for table in tables)  # noqa: S608  # names from the tests


def happened(broker: Broker, kind: str) -> int:
    """Return how often a kind of event was written down."""
    with broker.engine.connect() as connection:
        return int(
            connection.execute(text("SELECT count(*) FROM audit_event WHERE kind = :kind"), {"kind": kind}).scalar_one()
        )
