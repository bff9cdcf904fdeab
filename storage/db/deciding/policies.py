"""Policies: keep them, say which one is in force, and wait until nobody works under the one before."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, or_, select, update
from sqlalchemy.exc import OperationalError

from broker.domain.deciding.policies import PolicyState, PolicyVersion
from broker.domain.errors import Conflict, Unknown
from broker.domain.ids import PolicyId
from broker.domain.people.accounts import Role
from storage.db.requests.request_rows import AnyRow
from storage.db.tables import person, policy_change, policy_version, role_assignment

LOCKS = "xueliang_policy"
_LOCK_NOT_AVAILABLE = "55P03"
_PAST = 32  # so many changes before are waited for: more cannot happen while one transaction runs


@dataclass(frozen=True)
class Holders:
    """Who holds certain roles: how many persons, and the first of them by login."""

    count: int
    logins: tuple[str, ...]


class PolicyRepository:
    """The policies, and the numbered changes from one to the next."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def in_force(self) -> int:
        """Return the number of the change in force, 0 before the first, and hold it until the transaction ends."""
        return int(self._connection.exec_driver_sql("SELECT policy_in_force()").scalar_one())

    def text_at(self, epoch: int) -> str | None:
        """Return the policy that a change put in force; None for the one the program comes with."""
        found = (
            select(policy_version.c.content)
            .join(policy_change, policy_change.c.version_id == policy_version.c.id)
            .where(policy_change.c.epoch == epoch)
        )
        content: str | None = self._connection.execute(found).scalar_one_or_none()
        return content

    def change(self, version: PolicyId | None, policy: str, at: datetime) -> int:
        """Write down that another policy is in force; every transaction that begins after the commit works under it.

        Raises:
            Conflict: somebody else changed the policy at the same moment.
        """
        newest = select(func.coalesce(func.max(policy_change.c.epoch), 0))
        epoch = int(self._connection.execute(newest).scalar_one()) + 1
        values = {"epoch": epoch, "version_id": version, "policy": policy, "at": at}
        self._connection.execute(insert(policy_change).values(values))
        return epoch

    def wait_for_others(self, epoch: int, patience_ms: int) -> bool:
        """Wait until no transaction works under a policy before `epoch`; False when one still does.

        After False the transaction can only be left.
        """
        past = func.generate_series(func.greatest(epoch - _PAST, 0), epoch - 1)
        self._connection.execute(select(func.set_config("lock_timeout", str(patience_ms), True)))
        try:
            self._connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(LOCKS), past)))
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) == _LOCK_NOT_AVAILABLE:
                return False
            raise
        return True

    def add(self, new: PolicyVersion) -> None:
        self._connection.execute(
            insert(policy_version).values(
                id=new.id, content=new.text, digest=hashlib.sha256(new.text.encode()).hexdigest(), policy=new.policy,
                comment=new.comment, state=new.state, proposed_by=new.proposed_by, proposed_at=new.proposed_at,
                stream=new.stream, version=new.version,
            ),
        )  # fmt: skip

    def save(self, before: PolicyVersion, after: PolicyVersion) -> None:
        """Raises Conflict when somebody else took a step first."""
        done = self._connection.execute(
            update(policy_version)
            .where(policy_version.c.id == after.id, policy_version.c.version == before.version)
            .values(
                state=after.state, policy=after.policy, activated_by=after.activated_by,
                activated_at=after.activated_at, version=after.version,
            ),
        )  # fmt: skip
        if done.rowcount != 1:
            raise Conflict("changed-meanwhile", subject="policy")

    def load(self, key: PolicyId, *, lock: bool = False) -> PolicyVersion:
        """Raises Unknown when there is no such policy."""
        wanted = select(policy_version).where(policy_version.c.id == key)
        row = self._connection.execute(wanted.with_for_update() if lock else wanted).one_or_none()
        if row is None:
            raise Unknown("unknown-policy", policy=key)
        return _version(row)

    def active(self, *, lock: bool = False) -> PolicyVersion | None:
        """Return the active policy; None while the one that the program comes with is in force."""
        wanted = select(policy_version).where(policy_version.c.state == PolicyState.ACTIVE)
        row = self._connection.execute(wanted.with_for_update() if lock else wanted).one_or_none()
        return None if row is None else _version(row)

    def page(self, *, after: PolicyId | None, limit: int) -> list[PolicyVersion]:
        """Return policies, newest first."""
        rows = select(policy_version)
        if after is not None:
            rows = rows.where(policy_version.c.id < after)
        return [
            _version(row) for row in self._connection.execute(rows.order_by(policy_version.c.id.desc()).limit(limit))
        ]

    def holders(self, roles: Sequence[frozenset[Role]], at: datetime, most: int) -> list[Holders]:
        """Return, for each set of roles, the active persons who hold them all somewhere; the first `most` by login."""
        held = (
            select(person.c.login, func.array_agg(role_assignment.c.role.distinct()).label("roles"))
            .join(role_assignment, role_assignment.c.person_id == person.c.id)
            .where(
                person.c.active,
                role_assignment.c.withdrawn_at.is_(None),
                or_(role_assignment.c.valid_from.is_(None), role_assignment.c.valid_from <= at),
                or_(role_assignment.c.valid_until.is_(None), role_assignment.c.valid_until > at),
            )
            .group_by(person.c.id)
        )
        rows = [(row.login, frozenset(row.roles)) for row in self._connection.execute(held.order_by(person.c.login))]
        found = []
        for wanted in roles:
            logins = [login for login, names in rows if wanted <= names]
            found.append(Holders(len(logins), tuple(logins[:most])))
        return found


def _version(row: AnyRow) -> PolicyVersion:
    return PolicyVersion(
        id=PolicyId(row.id), text=row.content, policy=row.policy, comment=row.comment, proposed_by=row.proposed_by,
        proposed_at=row.proposed_at, state=PolicyState(row.state), activated_by=row.activated_by,
        activated_at=row.activated_at, version=row.version,
    )  # fmt: skip
