"""A city in which there is something of every kind, in every state, each under a name of its own."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from broker.bootstrap import Broker, operator
from broker.domain.footage.grants import Grant, Terms
from broker.domain.footage.media import SnapshotAsk
from broker.domain.people.accounts import Caller
from broker.domain.requests.access_requests import AccessRequest, AskedLine
from broker.domain.requests.request_states import RequestState
from broker.domain.time import TimeSpan
from broker.services.deciding.emergencies import EmergencyForm
from broker.services.people.accounts import NewPerson
from broker.services.requests.access_requests import Form, Verdict
from tests.city import PASSWORD, City
from tests.services.crowd import ALARM, MATTER
from tests.services.papers import png

MORE = [  # login, department, roles with the places in which they are held
    ("alarm", "dh-hb", [("investigator", "dh-hb"), ("emergency_investigator", "dh-hb")]),
    ("looker.xs", "xs-ga", [("investigator", "xs-ga")]),
    ("chief", "dh", [("department_authorizer", "dh")]),
    ("auditor.dh", "dh", [("auditor", "dh")]),
    ("secadmin.dh", "dh", [("security_administrator", "dh")]),
    ("nobody", "jc-cg", []),
    ("closed", "dh-jt", [("requester", "dh-jt")]),
]
CALLERS = (
    "asker", "looker", "alarm", "stranger", "center.dh", "center.xs", "center.jc", "owner.cg", "owner.jt", "chief",
    "auditor", "auditor.dh", "sysadmin", "secadmin", "secadmin.dh", "nobody",
)  # fmt: skip
"""Who asks: of every office, of every place, of the whole city and of a part of it."""

LOOKS = {"asker": "looker", "stranger": "looker.xs"}
"""Who asks, and who is to look."""

Thing = dict[str, str]
"""What a path names a thing by."""


@dataclass
class Filled:
    """What there is, by kind and name."""

    broker: Broker
    city: City
    footage: TimeSpan
    things: dict[str, dict[str, Thing]] = field(default_factory=dict)

    def __getitem__(self, login: str) -> Caller:
        return self.city.caller(self.broker, login)

    @property
    def now(self) -> datetime:
        return self.broker.clock.now()

    def keep(self, kind: str, name: str, key: object, **more: str) -> None:
        self.things.setdefault(kind, {})[name] = {kind: str(key), **more}

    def people(self) -> None:
        """Let those come who are not in every city of the tests."""
        for login, home, roles in MORE:
            new = NewPerson(login, f"人员{login}", home, PASSWORD, tuple(roles))
            self.city.persons[login] = self.broker.accounts.add_person(operator("tests"), new).person.id

    def drafted(self, name: str, *owners: str, who: str = "asker") -> AccessRequest:
        points = [point for owner in owners for point in self.city.cameras_of(owner)[:2]]
        lines = tuple(AskedLine(point.id, self.footage) for point in points)
        request = self.broker.access_requests.draft(
            self[who], Form(MATTER, Terms(originals=True), (LOOKS[who],), lines)
        )
        self.keep("request", name, request.id)
        return request

    def asked(self, name: str, *owners: str, who: str = "asker") -> AccessRequest:
        drafted = self.drafted(name, *owners, who=who)
        return self.broker.access_requests.submit(self[who], drafted.id)

    def approved(self, name: str, *owners: str, who: str = "asker") -> AccessRequest:
        asked = self.asked(name, *owners, who=who)
        if asked.center_id is None or asked.state is not RequestState.CENTER_REVIEW:
            return asked
        places = {department.id: code for code, department in self.city.departments.items()}
        center = f"center.{places[asked.center_id].partition('-')[0]}"
        return self.broker.approvals.approve(self[center], asked.id, Verdict(1))

    def granted(self, name: str, owner: str = "cg", who: str = "asker") -> Grant:
        approved = self.approved(name, {"cg": "dh-cg", "xs": "xs-ga"}[owner], who=who)
        grant = self.broker.request_items.authorize(self[f"owner.{owner}"], approved.items[0].id, Verdict(1))
        assert grant is not None
        self.keep("grant", name, grant.id)
        return grant

    def requests(self) -> None:
        """Bring a request into every state, and a grant into most."""
        requests, approvals, grants = self.broker.access_requests, self.broker.approvals, self.broker.grants
        paper = self.broker.attachments.add(self["asker"], self.drafted("draft", "dh-cg").id, "通知书.png", png())
        self.keep("attachment", "of-draft", paper.id, request=self.things["request"]["draft"]["request"])
        self.asked("waiting", "dh-cg", "dh-jt")
        approvals.send_back(self["center.dh"], self.asked("returned", "dh-cg").id, 1, "请补充案由")
        approvals.reject(self["center.dh"], self.asked("rejected", "dh-cg").id, 1, "理由不足")
        requests.withdraw(self["asker"], self.asked("withdrawn", "dh-cg").id, "不再需要")
        self.approved("at-owners", "dh-cg", "dh-jt")
        half = self.approved("half-decided", "dh-cg", "dh-jt")
        mine = next(it for it in half.items if it.department_id == self.city.departments["dh-cg"].id)
        self.broker.request_items.refuse(self["owner.cg"], mine.id, 1, "设备检修")
        self.granted("granted")
        grants.suspend(self["owner.cg"], self.granted("suspended").id, "待核实")
        grants.suspend(self["chief"], self.granted("suspended-above").id, "待核实")
        grants.revoke(self["owner.cg"], self.granted("revoked").id, "案件已结")
        requests.close(self["asker"], self.granted("closed").request_id, "已用于查处")
        self.granted("foreign", "xs")
        self.asked("foreign-waiting", "dh-cg", who="stranger")
        self.granted("own", "xs", "stranger")

    def emergencies(self) -> None:
        """Open emergencies; one of them nobody has stood up for yet."""
        broker = self.broker
        opener = replace(self["alarm"], second_factor=True, fresh_until=self.now + timedelta(hours=1))
        lines = tuple(AskedLine(self.city.cameras_of(it)[0].id, self.footage) for it in ("dh-cg", "dh-jt"))
        for name in ("emergency", "ratified", "disavowed", "vetoed"):
            request, grants = broker.emergencies.open(opener, EmergencyForm(ALARM, lines))
            self.keep("request", name, request.id)
            self.keep("grant", name, grants[0].id)
            if name == "ratified":
                broker.emergencies.ratify(self["center.dh"], request.id, "情况属实")
            elif name == "disavowed":
                broker.emergencies.disavow(self["center.dh"], request.id, "情况不实")
            elif name == "vetoed":
                item = next(it for it in request.items if it.department_id == self.city.departments["dh-cg"].id)
                broker.emergencies.veto(self["owner.cg"], item.id, "不在职责内")

    def results(self) -> None:
        """Take a picture, order another one, have the first packed."""
        point, looker = self.city.cameras_of("dh-cg")[0].id, self["looker"]
        at = self.footage.begin + timedelta(seconds=20)
        taken = self.broker.retrievals.order(looker, point, SnapshotAsk("", at))
        self.broker.runs.run(taken.id)
        ordered = self.broker.retrievals.order(looker, point, SnapshotAsk("", at + timedelta(seconds=10)))
        for name, it in (("taken", taken), ("ordered", ordered)):
            self.keep("retrieval", name, it.id, grant=str(it.grant_id))
        package = self.broker.packages.order(looker, [taken.id])
        self.keep("package", "ordered", package.id)
