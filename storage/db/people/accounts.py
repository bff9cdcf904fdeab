"""Departments, persons, roles, sessions and tokens."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, func, insert, or_, select, update
from sqlalchemy.engine import Row

from broker.domain.deciding.delegations import DECIDING
from broker.domain.errors import Conflict, Unknown
from broker.domain.ids import DepartmentId, PersonId
from broker.domain.people.accounts import Assignment, Person, Role, Standing, WhoIsSought
from broker.domain.time import TimeSpan
from storage.db.deciding.absences import away
from storage.db.deciding.delegations import DelegationRepository, locked
from storage.db.tables import department, person, role_assignment

AnyRow = Row[tuple[object, ...]]
FAR = datetime.fromisoformat("9999-12-31T00:00:00+00:00")
ANYBODY = WhoIsSought()


class PersonRepository:
    """Persons with the roles they hold."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def load(self, key: PersonId, *, lock: bool = False) -> Person:
        """Raises Unknown when there is no such person."""
        wanted = select(person).where(person.c.id == key)
        row = self._connection.execute(wanted.with_for_update() if lock else wanted).one_or_none()
        if row is None:
            raise Unknown("unknown-person", person=key)
        return _person(row)

    def load_many(self, keys: Collection[PersonId]) -> dict[PersonId, Person]:
        rows = self._connection.execute(select(person).where(person.c.id.in_(set(keys))))
        return {found.id: found for found in map(_person, rows)}

    def by_login(self, login: str) -> Person:
        """Raises Unknown when nobody has this login."""
        row = self._connection.execute(select(person).where(person.c.login == login)).one_or_none()
        if row is None:
            raise Unknown("unknown-person", person=login)
        return _person(row)

    def by_logins(self, logins: Collection[str]) -> dict[str, Person]:
        """Return the persons that exist, by login."""
        rows = self._connection.execute(select(person).where(person.c.login.in_(set(logins))))
        return {found.login: found for found in map(_person, rows)}

    def secret(self, login: str) -> tuple[Person, str] | None:
        """Return the person and the password hash, or None; only sign-in asks for it."""
        row = self._connection.execute(select(person).where(person.c.login == login)).one_or_none()
        return None if row is None else (_person(row), row.password_hash)

    def page(
        self, *, scope: Sequence[str], after: PersonId | None, limit: int, sought: WhoIsSought = ANYBODY
    ) -> list[Person]:
        """Return persons whose department lies in one of the subtrees `scope`, by id."""
        rows = select(person).join(department, department.c.id == person.c.department_id)
        rows = rows.where(or_(*(department.c.path.startswith(path, autoescape=True) for path in scope)))
        rows = rows.where(*_fitting(sought))
        if after is not None:
            rows = rows.where(person.c.id > after)
        return [_person(row) for row in self._connection.execute(rows.order_by(person.c.id).limit(limit))]

    def add(self, new: Person, password_hash: str) -> None:
        self._connection.execute(
            insert(person).values(
                id=new.id, login=new.login, name=new.name, department_id=new.department_id, active=new.active,
                password_hash=password_hash, email=new.email, language=new.language,
                password_chosen=new.password_chosen, stream=f"person/{new.id}", version=new.version,
            ),
        )  # fmt: skip

    def change(self, key: PersonId, version: int, **values: object) -> None:
        """Set columns of a person under a new version.

        Raises:
            Conflict: there is a newer version already.
        """
        done = self._connection.execute(
            update(person).where(person.c.id == key, person.c.version < version).values(version=version, **values),
        )
        if done.rowcount != 1:
            raise Conflict("changed-meanwhile", subject="person")

    def assignments(self, keys: Collection[PersonId]) -> dict[PersonId, tuple[Assignment, ...]]:
        """Return the roles that have not been withdrawn, by person."""
        rows = self._connection.execute(
            select(role_assignment, department.c.path)
            .join(department, department.c.id == role_assignment.c.department_id)
            .where(role_assignment.c.person_id.in_(set(keys)), role_assignment.c.withdrawn_at.is_(None))
            .order_by(role_assignment.c.id),
        )
        found: dict[PersonId, list[Assignment]] = {}
        for row in rows:
            found.setdefault(row.person_id, []).append(assignment_of(row))
        return {key: tuple(held) for key, held in found.items()}

    def holders(self, role: Role, path: str, at: datetime, avoid: Collection[PersonId] = ()) -> set[PersonId]:
        """Return the active persons whose `role` reaches the department at `path`, delegates among them.

        Whoever is in `avoid` does not count, nor a delegate who could only stand in for such a person; and of those
        who decide nobody who is away or locked.
        """
        able = self._holding(role, at, func.starts_with(path, department.c.path))
        if role in DECIDING:
            able |= DelegationRepository(self._connection).stand_ins(role, path, at, avoid)
            unable = or_(person.c.id.in_(away(at)), person.c.id.in_(locked()))
            able -= set(self._connection.execute(select(person.c.id).where(person.c.id.in_(able), unable)).scalars())
        return able - set(avoid)

    def holders_below(self, role: Role, path: str, at: datetime) -> set[PersonId]:
        """Return the active persons of the department at `path` or below it who hold `role` where they work."""
        place = department.alias("home")
        home = select(place.c.path).where(place.c.id == person.c.department_id).scalar_subquery()
        return self._holding(role, at, func.starts_with(home, path) & func.starts_with(home, department.c.path))

    def _holding(self, role: Role, at: datetime, where: ColumnElement[bool]) -> set[PersonId]:
        held = (
            select(role_assignment.c.person_id)
            .join(department, department.c.id == role_assignment.c.department_id)
            .join(person, person.c.id == role_assignment.c.person_id)
            .where(
                role_assignment.c.role == role,
                role_assignment.c.withdrawn_at.is_(None),
                or_(role_assignment.c.valid_from.is_(None), role_assignment.c.valid_from <= at),
                or_(role_assignment.c.valid_until.is_(None), role_assignment.c.valid_until > at),
                person.c.active,
                department.c.closed_at.is_(None),
                where,
            )
        )
        return set(self._connection.execute(held).scalars())

    def assign(self, key: UUID, who: PersonId, held: Assignment, stream: str, version: int) -> None:
        self._connection.execute(
            insert(role_assignment).values(
                id=key, person_id=who, role=held.role, department_id=held.department_id,
                valid_from=held.valid and held.valid.begin, valid_until=held.valid and held.valid.end,
                stream=stream, version=version,
            ),
        )  # fmt: skip

    def withdraw(self, who: PersonId, role: Role, where: DepartmentId, at: datetime, version: int) -> None:
        """End a role of a person in a department.

        Raises:
            Unknown: the person does not hold this role there.
        """
        held = and_(
            role_assignment.c.person_id == who,
            role_assignment.c.role == role,
            role_assignment.c.department_id == where,
            role_assignment.c.withdrawn_at.is_(None),
        )
        done = self._connection.execute(update(role_assignment).where(held).values(withdrawn_at=at, version=version))
        if not done.rowcount:
            raise Unknown("role-not-held", role=role)


def _fitting(sought: WhoIsSought) -> Iterator[ColumnElement[bool]]:
    """Yield what has to hold of somebody who is sought, in the columns of the person and the department."""
    if sought.text:
        named = person.c.name.icontains(sought.text, autoescape=True)
        yield or_(named, person.c.login.icontains(sought.text, autoescape=True))
    if sought.path:
        yield department.c.path.startswith(sought.path, autoescape=True)
    if sought.role is not None:
        held = select(role_assignment.c.id).where(
            role_assignment.c.person_id == person.c.id,
            role_assignment.c.role == sought.role,
            role_assignment.c.withdrawn_at.is_(None),
        )
        yield held.exists()
    if sought.standing is not None:
        yield person.c.active if sought.standing is not Standing.CLOSED else ~person.c.active
    if sought.standing is Standing.INVITED:
        yield ~person.c.password_chosen


def _person(row: AnyRow) -> Person:
    return Person(
        id=row.id, login=row.login, name=row.name, department_id=row.department_id, active=row.active,
        version=row.version, one_time_until=row.one_time_until, email=row.email, language=row.language,
        password_chosen=row.password_chosen,
    )  # fmt: skip


def assignment_of(row: AnyRow) -> Assignment:
    """Return the assignment of a row with the path of its department."""
    bounded = row.valid_from is not None
    valid = TimeSpan(row.valid_from, row.valid_until or FAR) if bounded else None
    return Assignment(role=Role(row.role), department_id=row.department_id, path=row.path, valid=valid)
