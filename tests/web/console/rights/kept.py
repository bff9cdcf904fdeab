"""The rest of the city: what is lent, noted, shut, held, planned and proposed in it."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import Connection, select

from broker.bootstrap import operator
from broker.domain.footage.locks import LockKind
from broker.domain.ids import RequestId
from broker.domain.people.accounts import Role
from broker.services.deciding.absences import Leave
from broker.services.deciding.delegations import Wish
from broker.services.notices.webhooks import NewWebhook
from broker.services.sources.maintenance import NewMaintenance
from storage.db import tables
from tests.city import CAMERAS
from tests.services.test_policies import NARROWER
from tests.web.console.rights.filled import CALLERS, Filled

DAY = timedelta(days=1)


def keep_house(filled: Filled) -> None:
    """Let the offices do what is no decision about a request."""
    broker, now = filled.broker, filled.now
    wish = Wish("owner.cg2", Role.DEPARTMENT_AUTHORIZER, now + 9 * DAY, "外出培训")
    filled.keep("delegation", "lent", broker.delegations.lend(filled["owner.cg"], wish).delegation.id)
    filled.keep("absence", "away", broker.absences.note(filled["looker2"], Leave(now + 2 * DAY))[0].id)
    proposed = broker.policies.propose(filled["secadmin"], NARROWER, "需求部门暂不查询目录")
    filled.keep("policy", "proposed", proposed.id)
    webhook = broker.webhooks.add(filled["sysadmin"], NewWebhook("jc", "https://203.0.115.7/hook"))
    filled.keep("webhook", "added", webhook.webhook.id)
    night = NewMaintenance(now + DAY, now + 2 * DAY, "更换硬盘", source="nvr")
    filled.keep("maintenance", "planned", broker.maintenance.declare(filled["sysadmin"], night).id)
    broker.accounts.disable(filled["secadmin"], filled.city.persons["closed"])
    for name, login in (("granted", "center.dh"), ("foreign", "center.xs")):
        request = RequestId(UUID(filled.things["request"][name]["request"]))
        held = broker.holds.on_request(filled[login], request, "复议期间保全", now + 30 * DAY)
        filled.keep("hold", name, held.holds[0].id)
    shut(filled)


def shut(filled: Filled) -> None:
    """Lock somebody, a point and a department, none of which the rest is about."""
    locks, city = filled.broker.locks, filled.city
    person, camera, department = city.persons["looker2"], city.cameras_of("dh-jt")[1].id, city.departments["jc-cg"].id
    filled.keep("lock", "person", locks.set(filled["secadmin"], LockKind.PERSON, person, "涉嫌违规").id)
    filled.keep("lock", "camera", locks.set(filled["owner.jt"], LockKind.CAMERA, camera, "检修").id)
    filled.keep("lock", "department", locks.set(operator("tests"), LockKind.DEPARTMENT, department, "核查").id)


def name_parts(filled: Filled) -> None:
    """Name what was there from the beginning, and what came of the requests."""
    city = filled.city
    for login in (*CALLERS, "owner.xs", "looker2", "closed"):
        filled.keep("person", login, city.persons[login])
    for code in ("jc", "dh", "dh-cg", "xs-ga"):
        filled.keep("department", code, code)
    for owner in CAMERAS:
        filled.keep("camera", owner, city.cameras_of(owner)[0].id)
    filled.keep("source", "nvr", "nvr")
    with filled.broker.engine.connect() as connection:
        name_items(filled, connection)
        for row in connection.execute(select(tables.notice_recipient).limit(3)):
            login = next(login for login, key in city.persons.items() if key == row.person_id)
            filled.keep("notice", login, row.notice_id)


def name_items(filled: Filled, connection: Connection) -> None:
    """Name the parts of the requests, their lines, and a point of each grant: one with a recorder, if there is one."""
    things, bound = filled.things, filled.city.cameras_of("dh-cg")[0].id
    names = {thing["request"]: name for name, thing in things["request"].items()}
    codes = {department.id: code for code, department in filled.city.departments.items()}
    for row in connection.execute(select(tables.request_item)):
        name = f"{names[str(row.request_id)]}/{codes[row.department_id]}"
        filled.keep("item", name, row.id, request=str(row.request_id))
    items = {it["item"]: it for it in things["item"].values()}
    for row in connection.execute(select(tables.request_line).order_by(tables.request_line.c.id)):
        item = items[str(row.item_id)]
        for thing in (item, things["request"][names[item["request"]]]):
            thing["lines"] = " ".join((*thing.get("lines", "").split(), str(row.id)))
        if "camera" not in item or row.camera_id == bound:
            item["camera"] = str(row.camera_id)
    grants = {it["grant"]: it for it in things["grant"].values()}
    for row in connection.execute(select(tables.access_grant)):
        if str(row.id) in grants:
            grants[str(row.id)]["camera"] = items[str(row.item_id)]["camera"]
