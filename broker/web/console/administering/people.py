"""The desk of people: a list that is narrowed, accounts opened, and one account with all that may be done about it."""

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from broker.domain.errors import Unknown
from broker.domain.ids import PersonId
from broker.domain.people.accounts import ASSIGNABLE, Role, Standing, WhoIsSought
from broker.web.api.people.oidc import IdentityOut
from broker.web.api.people.persons import PersonIn, RoleIn, shown
from broker.web.console.administering.seat import Seat, SeatDep
from broker.web.console.forms import Refusal, checked
from broker.web.console.routes import OncePageRoute
from broker.web.paging import ById

PEOPLE = "/people"
ROLES = sorted(ASSIGNABLE, key=list(Role).index)

router = APIRouter(prefix=PEOPLE, route_class=OncePageRoute)

Words = Annotated[str, Query(max_length=100)]
Word = Annotated[str, Query(max_length=40)]


@router.get("")
def list_people(
    seat: SeatDep, window: ById, text: Words = "", department: Word = "", role: Word = "", standing: Word = ""
) -> Response:
    """列出管辖范围内的人员。List the people whose accounts the caller keeps."""
    sought = {
        "text": text.strip(), "department": department.strip(), "role": role if role in set(Role) else "",
        "standing": standing if standing in set(Standing) else "",
    }  # fmt: skip
    after = None if window.after is None else PersonId(window.after)
    found = seat.broker.people.page(seat.caller, _who(seat, sought), after=after, limit=window.wanted)
    page = window.page(found, lambda it: it.person.id, lambda accounts: shown(accounts, seat.reading))
    return seat.show(
        "people",
        page=page,
        sought=sought,
        roles_told=seat.named("role.", ROLES),
        standings_told=seat.named("adm-standing.", Standing),
        first=window.after is None,
    )


def _who(seat: Seat, sought: dict[str, str]) -> WhoIsSought:
    """Return what the fields ask for; a department that is not there holds nobody."""
    path = ""
    if code := sought["department"]:
        try:
            path = seat.broker.departments.read(seat.caller, code).department.path
        except Unknown:
            path = f"/{code}/"
    role, standing = sought["role"], sought["standing"]
    return WhoIsSought(
        sought["text"], path, Role(role) if role else None, Standing(standing) if standing else None
    )  # fmt: skip


@router.get("/new")
def show_new(seat: SeatDep) -> Response:
    """开立账号的页面。The page to open an account on."""
    return _new_page(seat)


def _new_page(seat: Seat, refused: str = "", refusal: Refusal | None = None) -> Response:
    seat.broker.people.allow_new(seat.caller)
    return seat.show(
        "person_new",
        refused=refused,
        refusal=refusal,
        roles_told=seat.named("role.", ROLES),
        departments=seat.departments(),
    )


@router.post("/new")
def add_person(seat: SeatDep) -> Response:
    """开立账号，首个密码由本人凭邀请设置。Open an account; its person chooses the first password by an invite."""
    added: list[PersonId] = []

    def act() -> None:
        told: dict[str, object] = {name: seat.form.one(name) for name in ("login", "name", "department", "email")}
        if role := seat.form.one("role"):
            told["roles"] = [{"role": role, "department": seat.form.one("at") or seat.form.one("department")}]
        account = seat.broker.accounts.add_person(seat.caller, checked(PersonIn, told).new())
        added.append(account.person.id)

    answer = seat.carry_out(act, to=PEOPLE, said="person-added", again=lambda why: _new_page(seat, "new", why))
    return seat.screen.go(f"{PEOPLE}/{added[0]}", "person-added") if added else answer


@router.get("/{key}")
def show_person(key: UUID, seat: SeatDep) -> Response:
    """一个账号：角色、登录方式、可做之事。One account: roles, ways in, and what may be done about it."""
    return person_page(seat, key)


def person_page(seat: Seat, key: UUID, refused: str = "", refusal: Refusal | None = None) -> Response:
    """Show an account; `refused` names the form that was not carried out."""
    found = seat.broker.people.read(seat.caller, PersonId(key))
    return seat.show(
        "person", refused=refused, refusal=refusal, it=shown([found.account], seat.reading)[0], found=found,
        person=found.account.person, identities=[IdentityOut.of(each) for each in found.identities],
        roles_told=seat.named("role.", ROLES),
        departments=seat.departments(), house=seat.broker.settings.oidc_issuer,
    )  # fmt: skip


def on_person(seat: Seat, key: UUID, act: Callable[[], object], name: str, *, said: str) -> Response:
    """Carry a form of the page of an account out."""
    return seat.carry_out(act, to=f"{PEOPLE}/{key}", said=said, again=lambda why: person_page(seat, key, name, why))


@router.post("/{key}/roles")
def assign_role(key: UUID, seat: SeatDep) -> Response:
    """授予角色。Give a role in a department."""

    def act() -> None:
        body = checked(RoleIn, {name: seat.form.one(name) for name in ("role", "department")})
        seat.broker.accounts.assign(seat.caller, PersonId(key), body.role, body.department)

    return on_person(seat, key, act, "roles", said="role-given")


@router.post("/{key}/roles/withdraw")
def withdraw_role(key: UUID, seat: SeatDep) -> Response:
    """收回角色。Take a role away."""

    def act() -> None:
        body = checked(RoleIn, {name: seat.form.one(name) for name in ("role", "department")})
        seat.broker.accounts.withdraw(seat.caller, PersonId(key), body.role, body.department)

    return on_person(seat, key, act, "withdraw", said="role-withdrawn")


@router.post("/{key}/disable")
def disable_person(key: UUID, seat: SeatDep) -> Response:
    """停用账号，其会话和令牌立即失效。Close an account; its sessions and tokens end at once."""
    return on_person(
        seat, key, lambda: seat.broker.accounts.disable(seat.caller, PersonId(key)), "disable", said="person-closed"
    )


@router.post("/{key}/enable")
def enable_person(key: UUID, seat: SeatDep) -> Response:
    """恢复账号。Open an account that was closed."""
    return on_person(
        seat, key, lambda: seat.broker.people.enable(seat.caller, PersonId(key)), "enable", said="person-opened"
    )
