"""Random walks of random people through the services on the real database: whatever they try, the invariants hold."""

import contextlib
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import Connection

from broker.bootstrap import Broker
from broker.domain.errors import BrokerError
from broker.domain.ids import LineId
from broker.domain.people.accounts import Caller
from broker.domain.requests.access_requests import AccessRequest
from broker.domain.time import TimeSpan
from broker.services.requests.access_requests import Verdict
from tests.city import PEOPLE, City
from tests.proofs import FULL
from tests.services.faults import failing, picture
from tests.services.test_main_path import form

LOGINS = [login for login, _, _ in PEOPLE]
people = st.sampled_from(LOGINS)

FORBIDDEN = {
    "a live grant without both authorities for the current revision": """
        SELECT g.id FROM access_grant g
        JOIN request_item i ON i.id = g.item_id JOIN access_request r ON r.id = g.request_id
        WHERE g.state IN ('ISSUED', 'SUSPENDED') AND NOT (i.state = 'AUTHORIZED' AND i.authorizer_id IS NOT NULL
              AND i.revision = r.revision AND r.approver_id IS NOT NULL
              AND r.state IN ('DEPARTMENT_REVIEW', 'DECIDED'))""",
    "one person in two offices": """
        SELECT r.id FROM access_request r JOIN request_item i ON i.request_id = r.id AND i.revision = r.revision
        LEFT JOIN request_person p ON p.request_id = r.id
        WHERE r.state IN ('DEPARTMENT_REVIEW', 'DECIDED') AND (r.approver_id = r.requester_id
              OR i.authorizer_id IN (r.requester_id, r.approver_id)
              OR p.person_id IN (r.requester_id, r.approver_id, i.authorizer_id))""",
    "a granted window beyond what was asked": """
        SELECT l.id FROM request_line l
        WHERE l.authorized_begin < l.asked_begin OR l.authorized_end > l.asked_end
           OR l.authorized_begin < l.approved_begin OR l.authorized_end > l.approved_end
           OR (l.authorized_begin IS NOT NULL AND l.approved_begin IS NULL)""",
    "a row whose version has no event": """
        SELECT id FROM access_request r WHERE NOT EXISTS
          (SELECT FROM audit_event e WHERE e.stream = r.stream AND e.seq = r.version)""",
    "an event beyond the row": """
        SELECT r.id FROM access_request r JOIN audit_event e ON e.stream = r.stream AND e.seq > r.version""",
}


class Office(RuleBasedStateMachine):
    """One request, everybody of the city trying everything."""

    broker: Broker
    city: City
    connection: Connection
    succeeded: dict[str, int]
    calls = 0

    @initialize(stage=st.sampled_from([0, 1, 2, 3, 3, 3]))
    def draft(self, stage: int) -> None:
        """Begin somewhere on the ordinary path: a walk of few steps would seldom come far."""
        self.caller = {login: self.city.caller(self.broker, login) for login in LOGINS}
        self.request = self.broker.access_requests.draft(self.caller["asker"], form(self.broker, self.city))
        services, key = self.broker, self.request.id
        if stage > 0:
            self.attempt("submit", lambda: services.access_requests.submit(self.caller["asker"], key))
        if stage > 1:
            self.attempt("approve", lambda: services.approvals.approve(self.caller["center.dh"], key, Verdict(1)))
        if stage > 2:
            owner = self.city.departments["dh-cg"].id
            item = next(it for it in self.current().items if it.department_id == owner)
            who = self.caller["owner.cg"]
            self.attempt("authorize", lambda: services.request_items.authorize(who, item.id, Verdict(1)))

    def attempt(self, name: str, call: Callable[[], Any]) -> None:
        """Try something; every third time the database is lost at one of the statements first."""
        self.calls += 1
        if self.calls % 3 == 0:
            self.lose_the_database(name, call, at=self.calls * 7 % 25 + 1)
        try:
            call()
        except BrokerError:
            return
        self.succeeded[name] = self.succeeded.get(name, 0) + 1

    def lose_the_database(self, name: str, call: Callable[[], Any], at: int) -> None:
        before = picture(self.connection)
        with failing(self.broker.engine, at) as meter, contextlib.suppress(BrokerError):
            call()
        if meter.breaks:
            self.succeeded["broken"] = self.succeeded.get("broken", 0) + 1
            after = picture(self.connection)
            changed = {table for table in before if after[table] != before[table]}
            assert not changed or "audit_event" in changed, (name, at, changed)

    def current(self) -> AccessRequest:
        return self.broker.access_requests.read(self.caller["asker"], self.request.id)

    def who(self, login: str, likely: str, data: st.DataObject) -> Caller:
        """Mostly somebody who may, else anybody: a walk of refusals proves little."""
        return self.caller[login if data.draw(st.integers(0, 3)) == 3 else likely]

    def spans(self, data: st.DataObject, stage: str) -> dict[LineId, TimeSpan | None] | None:
        """All as it stands, or a random part of it, now and then too much."""
        if data.draw(st.booleans()):
            return None
        kept: dict[LineId, TimeSpan | None] = {}
        for line in (line for item in self.current().items for line in item.lines):
            limit = line.asked if stage == "center" else line.approved or line.asked
            cut = timedelta(minutes=data.draw(st.sampled_from([0, 0, 10, 20, -1])))
            kept[line.id] = data.draw(st.sampled_from([TimeSpan(limit.begin + cut, limit.end), None]))
        return kept

    @rule(login=people, data=st.data())
    def submit(self, login: str, data: st.DataObject) -> None:
        who = self.who(login, "asker", data)
        self.attempt("submit", lambda: self.broker.access_requests.submit(who, self.request.id))

    @rule(login=people, data=st.data())
    def edit(self, login: str, data: st.DataObject) -> None:
        who = self.who(login, "asker", data)
        again = form(self.broker, self.city, hours=data.draw(st.sampled_from([1.0, 2.0])))
        self.attempt("edit", lambda: self.broker.access_requests.edit(who, self.request.id, again))

    @rule(login=people, data=st.data(), old=st.sampled_from([0, 0, 0, 1]))
    def approve(self, login: str, data: st.DataObject, old: int) -> None:
        who = self.who(login, "center.dh", data)
        verdict = Verdict(self.current().revision - old, self.spans(data, "center"))
        self.attempt("approve", lambda: self.broker.approvals.approve(who, self.request.id, verdict))

    @rule(login=people, data=st.data())
    def authorize(self, login: str, data: st.DataObject) -> None:
        request = self.current()
        for item in request.items:
            likely = "owner.cg" if item.department_id == self.city.departments["dh-cg"].id else "owner.jt"
            who = self.who(login, likely, data)
            wanted = self.spans(data, "owner")
            kept = None if wanted is None else {line.id: wanted[line.id] for line in item.lines}
            verdict = Verdict(request.revision, kept)
            self.attempt("authorize", partial(self.broker.request_items.authorize, who, item.id, verdict))

    @rule(login=people, data=st.data())
    def refuse_or_return(self, login: str, data: st.DataObject) -> None:
        request = self.current()
        for item in request.items[:1]:
            who = self.who(login, "owner.cg2", data)
            items = self.broker.request_items
            acts: list[Callable[..., Any]] = [items.refuse, items.send_back]
            act = data.draw(st.sampled_from(acts))
            self.attempt(act.__name__, partial(act, who, item.id, request.revision, "理由"))

    @rule(login=people, data=st.data())
    def center_returns(self, login: str, data: st.DataObject) -> None:
        who = self.who(login, "center.dh2", data)
        self.attempt(
            "return", lambda: self.broker.approvals.send_back(who, self.request.id, self.current().revision, "补")
        )

    @rule(login=people, data=st.data())
    def revoke(self, login: str, data: st.DataObject) -> None:
        for grant in self.broker.grants.page(self.caller["looker"], request=self.request.id, after=None, limit=20):
            who = self.who(login, "owner.cg", data)
            self.attempt("revoke", partial(self.broker.grants.revoke, who, grant.id, "结案"))

    @rule(login=people, data=st.data(), resume=st.booleans())
    def suspend_or_resume(self, login: str, data: st.DataObject, *, resume: bool) -> None:
        for grant in self.broker.grants.page(self.caller["looker"], request=self.request.id, after=None, limit=20):
            who = self.who(login, "owner.cg", data)
            act = self.broker.grants.resume if resume else self.broker.grants.suspend
            self.attempt(act.__name__, partial(act, who, grant.id, "核实用途"))

    @rule(login=people, sure=st.integers(0, 3))
    def close(self, login: str, sure: int) -> None:
        who = self.caller[login if sure else "asker"]
        self.attempt("close", lambda: self.broker.access_requests.close(who, self.request.id, "已用于处罚决定"))

    @rule(login=people, sure=st.integers(0, 3))
    def withdraw(self, login: str, sure: int) -> None:
        who = self.caller[login if sure else "asker"]
        self.attempt("withdraw", lambda: self.broker.access_requests.withdraw(who, self.request.id, "不需要了"))

    @invariant()
    def nothing_forbidden_is_true(self) -> None:
        with psycopg.connect(self.broker.database_url) as connection:
            for name, question in FORBIDDEN.items():
                assert connection.execute(question).fetchall() == [], name


@pytest.mark.timeout(600)
def test_whatever_people_try(broker: Broker, city: City, connection: Connection) -> None:
    tally: dict[str, int] = {}
    walk = type("Walk", (Office,), {"broker": broker, "city": city, "connection": connection, "succeeded": tally})
    run_state_machine_as_test(
        walk,
        settings=settings(
            max_examples=40 if FULL else 10, stateful_step_count=20, deadline=None, derandomize=True, database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
    assert broker.audit.verify(city.caller(broker, "auditor")).faults == ()
    missed = {"submit", "approve", "authorize", "revoke", "withdraw", "broken"} - set(tally)
    assert not missed, f"the walk never got as far as {missed}: it proves nothing about them"
