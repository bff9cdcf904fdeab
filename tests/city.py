"""A small city for tests: one city, two districts, departments with a person in every role, a few cameras."""

from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from broker.bootstrap import Broker, operator
from broker.domain.catalog.catalog import Camera
from broker.domain.ids import PersonId
from broker.domain.people.accounts import Caller, Department, DepartmentKind
from broker.services.people.accounts import NewDepartment, NewPerson
from broker.services.people.sign_in import caller_of

PASSWORD = "correct-horse-battery"

DEPARTMENTS = [  # code, name, kind, parent
    ("jc", "锦川市", DepartmentKind.GOVERNMENT, None),
    ("jc-center", "锦川市综治中心", DepartmentKind.CENTER, "jc"),
    ("jc-ga", "锦川市公安局", DepartmentKind.DEPARTMENT, "jc"),
    ("jc-cg", "锦川市城市管理局", DepartmentKind.DEPARTMENT, "jc"),
    ("dh", "东河区", DepartmentKind.GOVERNMENT, "jc"),
    ("dh-center", "东河区综治中心", DepartmentKind.CENTER, "dh"),
    ("dh-cg", "东河区城市管理局", DepartmentKind.DEPARTMENT, "dh"),
    ("dh-hb", "东河区生态环境局", DepartmentKind.DEPARTMENT, "dh"),
    ("dh-jt", "东河区交通运输局", DepartmentKind.DEPARTMENT, "dh"),
    ("xs", "西山区", DepartmentKind.GOVERNMENT, "jc"),
    ("xs-center", "西山区综治中心", DepartmentKind.CENTER, "xs"),
    ("xs-ga", "西山区公安分局", DepartmentKind.DEPARTMENT, "xs"),
]

PEOPLE = [  # login, department, roles
    ("asker", "dh-hb", ["requester"]),
    ("looker", "dh-hb", ["investigator"]),
    ("looker2", "dh-hb", ["investigator"]),
    ("stranger", "xs-ga", ["investigator", "requester"]),
    ("center.dh", "dh-center", ["center_approver"]),
    ("center.dh2", "dh-center", ["center_approver"]),
    ("center.xs", "xs-center", ["center_approver"]),
    ("center.jc", "jc-center", ["center_approver"]),
    ("owner.cg", "dh-cg", ["department_authorizer"]),
    ("owner.cg2", "dh-cg", ["department_authorizer"]),
    ("owner.jt", "dh-jt", ["department_authorizer"]),
    ("owner.ga", "jc-ga", ["department_authorizer"]),
    ("owner.xs", "xs-ga", ["department_authorizer"]),
    ("auditor", "jc", ["auditor"]),
    ("sysadmin", "jc", ["system_administrator"]),
    ("secadmin", "jc", ["security_administrator"]),
]

CAMERAS = {  # department: gb codes
    "dh-cg": ["99010201081320000001", "99010201081320000002", "99010201081320000003"],
    "dh-jt": ["99010201041320000004", "99010201041320000005"],
    "xs-ga": ["99010301001320000006"],
    "jc-ga": ["99010001001320000007"],
}


@dataclass(frozen=True)
class City:
    """What the tests know of the city."""

    departments: dict[str, Department]
    persons: dict[str, PersonId]
    cameras: dict[str, Camera] = field(default_factory=dict)

    def caller(self, broker: Broker, login: str) -> Caller:
        with broker.work() as work:
            return caller_of(work, self.persons[login])

    def cameras_of(self, department: str) -> list[Camera]:
        return [self.cameras[code] for code in CAMERAS[department]]


def found_city(broker: Broker) -> City:
    me = operator("tests")
    departments = {
        code: broker.accounts.add_department(me, NewDepartment(code, name, kind, "990102", parent))
        for code, name, kind, parent in DEPARTMENTS
    }
    persons = {
        login: broker.accounts.add_person(
            me,
            NewPerson(login, f"人员{login}", home, PASSWORD, tuple((role, home) for role in roles)),
        ).person.id
        for login, home, roles in PEOPLE
    }
    cameras: dict[str, Camera] = {}
    with TemporaryDirectory() as folder:
        for owner, codes in CAMERAS.items():
            path = Path(folder) / f"{owner}.csv"
            rows = [f"{code},{owner}路口{place},30.6{place},104.0{place}" for place, code in enumerate(codes)]
            path.write_text("\n".join(["gb_code,name,latitude,longitude", *rows]), encoding="utf-8")
            broker.imports.import_file(me, path, owner=owner)
    with broker.work() as work:
        for codes in CAMERAS.values():
            cameras |= {code: work.cameras.by_gb_code(code) for code in codes}
    return City(departments, persons, cameras)
