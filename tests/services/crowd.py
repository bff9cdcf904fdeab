"""A city full of cases: hundreds of requests at every stage, with all that hangs on them, for forty persons."""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import Random
from typing import TypeVar

from broker.bootstrap import Broker, operator
from broker.domain.catalog.catalog import Camera
from broker.domain.deciding import lapses
from broker.domain.errors import BrokerError
from broker.domain.footage.grants import Grant, Terms
from broker.domain.footage.locks import LockKind
from broker.domain.footage.media import SnapshotAsk
from broker.domain.ids import DepartmentId, LineId
from broker.domain.people.accounts import Caller, Role, system_caller
from broker.domain.requests.access_requests import AccessRequest, AskedLine
from broker.domain.requests.purpose import Purpose
from broker.domain.requests.request_states import ItemState, RequestState
from broker.domain.time import TimeSpan
from broker.services.deciding.absences import Leave
from broker.services.deciding.delegations import Wish
from broker.services.deciding.emergencies import EmergencyForm
from broker.services.people.accounts import NewPerson
from broker.services.people.sign_in import caller_of
from broker.services.requests.access_requests import Form, Verdict, store
from broker.services.sources.sources import NewSource
from storage.db.requests.access_requests import EVERYTHING
from tests.city import CAMERAS, PASSWORD, City
from tests.services.papers import png

Found = TypeVar("Found")
HOUR = timedelta(hours=1)
MATTER = Purpose("administrative", "environment", "东环罚〔2026〕12号", "夜间倾倒渣土，需核对车辆进出时间")
ALARM = Purpose("public-safety", "missing", "110202611210001", "老人走失，需立即确认去向和乘车情况")
ASKING = ("dh-hb", "dh-cg", "dh-jt", "jc-ga", "xs-ga", "jc-cg")
MORE = [  # login, department, roles with the places in which they are held
    *((f"asker.{home}", home, [("requester", home)]) for home in ASKING),
    *((f"looker.{home}", home, [("investigator", home)]) for home in ASKING),
    *((f"alarm.{home}", home, [("investigator", home), ("emergency_investigator", home)]) for home in ASKING),
    ("chief.dh", "dh", [("department_authorizer", "dh")]),
    ("both.dh", "dh-center", [("center_approver", "dh-center"), ("department_authorizer", "dh-cg")]),
    ("deputy.jt", "dh-jt", [("department_authorizer", "xs-ga")]),
    ("deputy.jc", "jc-center", [("center_approver", "xs-center")]),
    ("auditor.dh", "dh", [("auditor", "dh")]),
    ("auditor.xs", "xs-ga", [("auditor", "xs-ga")]),
    ("secadmin.dh", "dh", [("security_administrator", "dh")]),
    ("former", "jc", [("auditor", "jc"), ("center_approver", "jc-center")]),
    ("nobody", "dh-hb", []),
]
CENTERS = {"jc-center": ("center.jc", "deputy.jc"), "dh-center": ("center.dh", "center.dh2", "both.dh"),
           "xs-center": ("center.xs",)}  # fmt: skip
OWNERS = {"dh-cg": ("owner.cg", "owner.cg2", "chief.dh"), "dh-jt": ("owner.jt", "deputy.jt"), "xs-ga": ("owner.xs",),
          "jc-ga": ("owner.ga",)}  # fmt: skip


ENDINGS = ("nothing", "ratify", "veto")
WANTED_STATES = (
    RequestState.DRAFT, RequestState.CENTER_REVIEW, RequestState.RETURNED, RequestState.REJECTED,
    RequestState.WITHDRAWN, RequestState.DEPARTMENT_REVIEW, RequestState.DECIDED, RequestState.CLOSED,
)  # fmt: skip
WANTED_STEPS = ("approve again", "refuse", "owner sends back", "suspend", "revoke", "order", "not order")


@dataclass
class Crowd:
    """Who plays, and the chance that says what happens."""

    broker: Broker
    city: City
    chance: Random
    logins: dict[str, Caller] = field(default_factory=dict)
    done: Counter[str] = field(default_factory=Counter)

    def __getitem__(self, login: str) -> Caller:
        return self.logins[login]

    def play(self, requests: int) -> None:
        """Let it all happen."""
        self._people()
        cameras = list(self.city.cameras.values())
        source = NewSource("nvr", "录像机", "local_files", {"folder": "/nowhere"}, "dh-cg")
        self.broker.sources.add(operator("tests"), source)
        for camera in cameras[:-1]:  # one stays without, so that its orders are refused
            self.broker.catalog.bind(operator("tests"), camera.gb_code or "", "nvr", f"ch-{camera.gb_code}")
        for number in range(requests):
            if number == requests * 2 // 3:
                self._move(cameras)
            self._request(ASKING[number % len(ASKING)], cameras)
        for number in range(requests):  # chance alone, over ids that differ each time, may leave a state out
            if not self._lacking():
                break
            self._request(ASKING[number % len(ASKING)], cameras)
        for number, home in enumerate(ASKING):
            self._emergency(home, cameras, (ENDINGS[number % 3], ENDINGS[(number + 1) % 3]))
        self._escalate()
        self._locks(cameras)

    def _lacking(self) -> bool:
        """Say whether a state or a step is still missing in the city."""
        with self.broker.work() as work:
            pages = (work.access_requests.page(EVERYTHING, state=it, after=None, limit=1) for it in WANTED_STATES)
            return not all(pages) or not all(self.done[step] for step in WANTED_STEPS)

    def _people(self) -> None:
        for login, home, roles in MORE:
            new = NewPerson(login, f"人员{login}", home, PASSWORD, tuple(roles))
            self.city.persons[login] = self.broker.accounts.add_person(operator("tests"), new).person.id
        for role, place in (("auditor", "jc"), ("center_approver", "jc-center")):
            self.broker.accounts.withdraw(operator("tests"), self.city.persons["former"], role, place)
        for lender, role, delegate in (
            ("center.jc", Role.CENTER_APPROVER, "deputy.jc"),
            ("owner.jt", Role.DEPARTMENT_AUTHORIZER, "deputy.jt"),
            ("owner.cg", Role.DEPARTMENT_AUTHORIZER, "owner.cg2"),
        ):
            wish = Wish(delegate, role, self.broker.clock.now() + timedelta(days=9), "外出培训")
            self.broker.delegations.lend(self.city.caller(self.broker, lender), wish)
        ended = self.broker.delegations.page(self.city.caller(self.broker, "owner.cg"), own=True, over=None, after=None,
                                             limit=1)  # fmt: skip
        self.broker.delegations.end(self.city.caller(self.broker, "owner.cg"), ended[0].delegation.id)
        with self.broker.work() as work:
            self.logins = {login: caller_of(work, key) for login, key in self.city.persons.items()}
        for login in ("center.xs", "looker", "owner.xs", "auditor.xs", "asker.dh-hb"):
            self.broker.absences.note(self[login], Leave(self.broker.clock.now() + timedelta(days=2)))

    def tried(self, what: str, step: Callable[[], Found]) -> Found | None:
        """Take a step if the rules allow it; what they refuse leaves everything as it was."""
        with suppress(BrokerError):
            found = step()
            self.done[what] += 1
            return found
        self.done[f"not {what}"] += 1
        return None

    def _request(self, home: str, cameras: list[Camera]) -> None:
        chance, asker = self.chance, self[f"asker.{home}"]
        own = [self.city.cameras[code] for code in CAMERAS.get(home, ())]
        chosen = own if own and chance.random() < 0.2 else chance.sample(cameras, chance.randint(1, 4))
        lookers = tuple(chance.sample([f"looker.{home}", f"alarm.{home}"], chance.randint(1, 2)))
        end = self.broker.clock.now().replace(microsecond=0)
        lines = tuple(AskedLine(camera.id, TimeSpan(end - HOUR, end)) for camera in chosen)
        request = self.broker.access_requests.draft(asker, Form(MATTER, Terms(), lookers, lines))
        self._papers(asker, request)
        if chance.random() < 0.12:
            return
        if chance.random() < 0.05:
            self.broker.access_requests.withdraw(asker, request.id, "不再需要")
            return
        self._travel(asker, self.broker.access_requests.submit(asker, request.id), lookers)

    def _papers(self, asker: Caller, request: AccessRequest) -> None:
        for _ in range(self.chance.choice((0, 0, 1, 2))):
            paper = self.broker.attachments.add(asker, request.id, "调证通知书.png", png())
            if self.chance.random() < 0.2:
                self.broker.attachments.remove(asker, paper.id)

    def _travel(self, asker: Caller, request: AccessRequest, lookers: tuple[str, ...]) -> None:
        found: AccessRequest | None = request
        if request.state is RequestState.CENTER_REVIEW:
            found = self._at_the_center(asker, request)
        if found is None or found.state is not RequestState.DEPARTMENT_REVIEW:
            return
        for item in found.items:
            if any(line.approved for line in item.lines) and self.chance.random() < 0.8:
                self._at_the_owner(item.department_id, request, lookers)
        if self.chance.random() < 0.1:
            self.tried("withdraw", lambda: self.broker.access_requests.withdraw(asker, request.id, "案件已移送"))
        elif self.chance.random() < 0.25:
            self.tried("close", lambda: self.broker.access_requests.close(asker, request.id, "已用于查处"))

    def _login(self, place: DepartmentId | None, among: dict[str, tuple[str, ...]]) -> Caller:
        code = next(code for code, it in self.city.departments.items() if it.id == place)
        return self[self.chance.choice(among[code])]

    def _at_the_center(self, asker: Caller, request: AccessRequest) -> AccessRequest | None:
        center, drawn = self._login(request.center_id, CENTERS), self.chance.random()
        approvals = self.broker.approvals
        if drawn < 0.15:
            return None
        if drawn < 0.22:
            return self.tried("reject", lambda: approvals.reject(center, request.id, 1, "理由不足，不予批准"))
        if drawn < 0.32:
            self.tried("send back", lambda: approvals.send_back(center, request.id, 1, "请补充案由"))
            if self.chance.random() < 0.6:
                return None
            again = self.tried("resubmit", lambda: self.broker.access_requests.submit(asker, request.id))
            return again and self.tried("approve again", lambda: approvals.approve(center, request.id, Verdict(2)))
        kept = [line for item in request.items for line in item.lines if self.chance.random() < 0.7]
        spans: dict[LineId, TimeSpan | None] | None = {line.id: line.asked for line in kept} or None
        return self.tried("approve", lambda: approvals.approve(center, request.id, Verdict(1, spans=spans)))

    def _at_the_owner(self, place: DepartmentId, request: AccessRequest, lookers: tuple[str, ...]) -> None:
        """Decide on the part of one owner, as it stands by now."""
        with self.broker.work() as work:
            current = work.access_requests.load(request.id, EVERYTHING)
        waiting = [it for it in current.items if it.department_id == place and it.state is ItemState.PENDING]
        if not waiting or current.state is not RequestState.DEPARTMENT_REVIEW:
            return
        item, owner, drawn = waiting[0], self._login(place, OWNERS), self.chance.random()
        items, revision = self.broker.request_items, current.revision
        if drawn < 0.12:
            self.tried("refuse", lambda: items.refuse(owner, item.id, revision, "设备检修期间无法提供"))
        elif drawn < 0.2:
            self.tried("owner sends back", lambda: items.send_back(owner, item.id, revision, "请补充案由"))
        else:
            grant = self.tried("authorize", lambda: items.authorize(owner, item.id, Verdict(revision)))
            if grant is not None:
                self._use(grant, owner, lookers)

    def _use(self, grant: Grant, owner: Caller, lookers: tuple[str, ...]) -> None:
        line, orders = grant.lines[0], self.broker.retrievals
        for login in (*lookers, self.chance.choice(("looker2", "alarm.dh-cg", "looker.xs-ga"))):
            at = line.window.begin + timedelta(seconds=self.chance.randint(0, 3599))
            self.tried("order", lambda who=login, at=at: orders.order(self[who], line.camera_id, SnapshotAsk("", at)))  # type: ignore[misc]  # the defaults bind the loop's names
        drawn = self.chance.random()
        if drawn < 0.1:
            self.tried("suspend", lambda: self.broker.grants.suspend(owner, grant.id, "待核实"))
        elif drawn < 0.2:
            self.tried("revoke", lambda: self.broker.grants.revoke(owner, grant.id, "案件已结"))

    def _move(self, cameras: list[Camera]) -> None:
        """Give two cameras to other departments, in the middle of it all."""
        self.broker.transfers.transfer(operator("tests"), cameras[0].id, "dh-jt")
        self.tried("transfer", lambda: self.broker.transfers.transfer(operator("tests"), cameras[3].id, "dh-cg"))

    def _emergency(self, home: str, cameras: list[Camera], endings: tuple[str, ...]) -> None:
        opener = replace(
            self[f"alarm.{home}"], second_factor=True, fresh_until=self.broker.clock.now() + timedelta(hours=9)
        )
        for follows in endings:
            end = self.broker.clock.now().replace(microsecond=0)
            lines = tuple(AskedLine(it.id, TimeSpan(end - HOUR, end)) for it in self.chance.sample(cameras, 2))
            opened = self.tried("emergency", lambda: self.broker.emergencies.open(opener, EmergencyForm(ALARM, lines)))  # noqa: B023  # called at once
            if opened is None:
                continue
            request = opened[0]
            center, owner = self._login(request.center_id, CENTERS), self._login(request.items[0].department_id, OWNERS)
            if follows == "ratify":
                self.tried("ratify", lambda: self.broker.emergencies.ratify(center, request.id, "情况属实"))  # noqa: B023
            elif follows == "veto":
                self.tried("veto", lambda: self.broker.emergencies.veto(owner, request.items[0].id, "不在职责内"))  # noqa: B023

    def _escalate(self) -> None:
        """Hand what waits at the centers of the districts to the city's as well, as the clock would."""
        above = self.city.departments["jc-center"].id
        permit = self.broker.policy.require(system_caller(Role.WORKER, "clock"), "access_request:lapse", {Role.WORKER})
        with self.broker.work() as work:
            waiting = work.access_requests.page(EVERYTHING, state=None, after=None, limit=1000)
            low = [it for it in waiting if it.center_id not in {None, above}]
            for request in low[::3]:
                store(work, permit, request, lapses.escalate(request, above, work.now))
                self.done[f"escalate {request.state}"] += 1
            work.commit(permit)

    def _locks(self, cameras: list[Camera]) -> None:
        locks, city = self.broker.locks, self.city
        for login, who in (("secadmin", "stranger"), ("secadmin.dh", "looker2")):
            lock = locks.set(self[login], LockKind.PERSON, city.persons[who], "涉嫌违规调阅")
            locks.lift(self[login], lock.id, "已查清")
        for login, number in (("owner.cg", 1), ("center.jc", 5), ("center.dh", 2)):
            locks.set(self[login], LockKind.CAMERA, cameras[number].id, "检修")
        locks.set(operator("tests"), LockKind.DEPARTMENT, city.departments["xs-ga"].id, "专项核查")
