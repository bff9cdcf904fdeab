"""Who there is in the made-up city: its governments and centers, and at least one person in every role."""

import secrets
from dataclasses import dataclass

from broker.demo.points import CITY, CITY_NAME, DISTRICTS, OWNERS
from broker.domain.people.accounts import DepartmentKind, Role
from broker.services.people.accounts import NewDepartment

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is mistaken for something else when it is read off a screen
_GROUPS, _GROUP = 4, 4

ASKER, LOOKER, OTHER_LOOKER = "hb.qin", "hb.luo", "hb.tan"
APPROVER = "zz.he"
CONSENTING, REFUSING = "cg.jiang", "jy.wen"
AUDITOR = "sj.shi"

CONSENTING_DEPARTMENT, REFUSING_DEPARTMENT = "990102-cg", "990102-jy"


@dataclass(frozen=True)
class Cast:
    """A person of the city: where at home, in which role there, and what else this person may be."""

    login: str
    name: str
    department: str
    role: Role
    also: tuple[Role, ...] = ()

    @property
    def roles(self) -> tuple[Role, ...]:
        return (self.role, *self.also)


PEOPLE = (
    Cast(ASKER, "秦岚", "990100-hb", Role.REQUESTER),
    Cast(LOOKER, "罗平", "990100-hb", Role.INVESTIGATOR),
    Cast(OTHER_LOOKER, "谭青", "990100-hb", Role.INVESTIGATOR),
    Cast(APPROVER, "何敏", "990102-zz", Role.CENTER_APPROVER),
    Cast("zz.meng", "孟晓", "990103-zz", Role.CENTER_APPROVER),
    Cast("zz.ren", "任远", "990100-zz", Role.CENTER_APPROVER),
    Cast(CONSENTING, "江涛", CONSENTING_DEPARTMENT, Role.DEPARTMENT_AUTHORIZER),
    Cast(REFUSING, "温静", REFUSING_DEPARTMENT, Role.DEPARTMENT_AUTHORIZER),
    Cast("cg.bai", "白桦", "990103-cg", Role.DEPARTMENT_AUTHORIZER),
    Cast("ga.lei", "雷鸣", "990100-ga", Role.DEPARTMENT_AUTHORIZER),
    Cast("jt.che", "车行", "990100-jt", Role.DEPARTMENT_AUTHORIZER),
    Cast("hb.ye", "叶新", "990100-hb", Role.DEPARTMENT_AUTHORIZER),
    Cast("ga.fang", "方正", "990100-ga", Role.REQUESTER),
    Cast("ga.ding", "丁一", "990100-ga", Role.INVESTIGATOR, (Role.EMERGENCY_INVESTIGATOR,)),
    Cast(AUDITOR, "石静", CITY, Role.AUDITOR),
    Cast("xt.lin", "林立", CITY, Role.SYSTEM_ADMINISTRATOR),
    Cast("aq.gu", "顾安", CITY, Role.SECURITY_ADMINISTRATOR),
)


def departments() -> list[NewDepartment]:
    """Return the tree, parents before their children: a city, its districts, a center each, the departments."""
    places = {CITY: (CITY_NAME, None), **{code: (name, CITY) for code, name in DISTRICTS.items()}}
    tree = [
        NewDepartment(code, name, DepartmentKind.GOVERNMENT, code, parent) for code, (name, parent) in places.items()
    ]
    tree += [
        NewDepartment(f"{code}-zz", f"{name}综治中心", DepartmentKind.CENTER, code, code, "Comprehensive center")
        for code, (name, _) in places.items()
    ]
    tree += [
        NewDepartment(owner.code, owner.name, DepartmentKind.DEPARTMENT, owner.division, owner.division, owner.name_en)
        for owner in OWNERS
    ]
    return tree


def made_up_password() -> str:
    """Return a password that can be read aloud, about 79 bits."""
    groups = ("".join(secrets.choice(_LETTERS) for _ in range(_GROUP)) for _ in range(_GROUPS))
    return "-".join(groups)
