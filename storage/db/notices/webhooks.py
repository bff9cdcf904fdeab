"""Webhooks and their deliveries."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, exists, false, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from broker.domain.errors import Conflict, Unknown
from broker.domain.ids import DepartmentId, new_id
from broker.domain.notices.webhooks import Delivery, DeliveryState, Webhook, WebhookState
from storage.db.requests.request_rows import AnyRow
from storage.db.tables import department, notice, webhook, webhook_delivery


class WebhookRepository:
    """Where departments want to be told; a webhook that was removed is not found any more."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def load(self, key: UUID, scope: Sequence[str], *, lock: bool = False) -> Webhook:
        """Return a webhook whose department lies in one of the subtrees `scope`; raises Unknown for any other."""
        wanted = select(webhook).join(department).where(webhook.c.id == key, _kept(scope))
        wanted = wanted.with_for_update(of=webhook) if lock else wanted
        row = self._connection.execute(wanted).one_or_none()
        if row is None:
            raise Unknown("unknown-webhook", webhook=key)
        return _webhook(row)

    def page(self, scope: Sequence[str], *, after: UUID | None, limit: int) -> list[Webhook]:
        """Return the webhooks of the subtrees `scope`, oldest first."""
        rows = select(webhook).join(department).where(_kept(scope))
        if after is not None:
            rows = rows.where(webhook.c.id > after)
        return [_webhook(row) for row in self._connection.execute(rows.order_by(webhook.c.id).limit(limit))]

    def of_department(self, owner: DepartmentId) -> list[str]:
        """Return the URLs of a department's own webhooks, holding the department: they are counted and compared."""
        self._connection.execute(select(department.c.id).where(department.c.id == owner).with_for_update())
        own = select(webhook.c.url).where(webhook.c.department_id == owner, webhook.c.state != WebhookState.REMOVED)
        return list(self._connection.execute(own).scalars())

    def add(self, new: Webhook) -> None:
        self._connection.execute(
            insert(webhook).values(
                id=new.id, department_id=new.department_id, url=new.url, kinds=list(new.kinds), sealed=new.sealed,
                state=new.state, created_at=new.created_at, stream=new.stream, version=new.version,
            ),
        )  # fmt: skip

    def end(self, ended: Webhook, state: WebhookState) -> None:
        """Disable or remove a webhook and drop what waits for it; a removed one forgets its secret.

        Raises:
            Conflict: somebody else's change came first.
        """
        values: dict[str, object] = {"state": state, "version": ended.version + 1}
        if state is WebhookState.REMOVED:
            values["sealed"] = b""
        current = (webhook.c.id == ended.id) & (webhook.c.version == ended.version)
        if self._connection.execute(update(webhook).where(current).values(values)).rowcount != 1:
            raise Conflict("changed-meanwhile", subject="webhook")
        waiting = (webhook_delivery.c.webhook_id == ended.id) & (webhook_delivery.c.state == DeliveryState.WAITING)
        dropped = {"state": DeliveryState.DROPPED, "next_at": None}
        self._connection.execute(update(webhook_delivery).where(waiting).values(dropped))

    def reseal(self, before: Webhook, sealed: bytes) -> None:
        """Replace the envelope of a webhook's secret.

        Raises:
            Conflict: somebody else's change came first.
        """
        current = (webhook.c.id == before.id) & (webhook.c.version == before.version)
        anew = {"sealed": sealed, "version": before.version + 1}
        if self._connection.execute(update(webhook).where(current).values(anew)).rowcount != 1:
            raise Conflict("changed-meanwhile", subject="webhook")

    def address(self, notices: Collection[UUID], now: datetime) -> list[Delivery]:
        """Make a delivery for every webhook that a notice reaches, and return those that were not there before.

        A webhook is reached when one of the notice's departments is its own or lies below it, and the notice is of a
        kind it asked for.
        """
        home, concerned = department.alias("home"), department.alias("concerned")
        reached = (
            select(webhook.c.id.label("webhook_id"), notice.c.id.label("notice_id"))
            .join(home, home.c.id == webhook.c.department_id)
            .join(notice, or_(func.cardinality(webhook.c.kinds) == 0, notice.c.kind == webhook.c.kinds.any_()))
            .where(
                notice.c.id.in_(set(notices)),
                webhook.c.state == WebhookState.ACTIVE,
                exists().where(
                    concerned.c.id == notice.c.departments.any_(), func.starts_with(concerned.c.path, home.c.path)
                ),
            )
            .order_by(notice.c.id, webhook.c.id)
        )
        rows = [
            {
                "id": new_id(), "webhook_id": row.webhook_id, "notice_id": row.notice_id,
                "state": DeliveryState.WAITING, "attempts": 0, "next_at": now,
            }
            for row in self._connection.execute(reached)
        ]  # fmt: skip
        if not rows:
            return []
        made = upsert(webhook_delivery).values(rows).on_conflict_do_nothing().returning(webhook_delivery)
        return [_delivery(row) for row in self._connection.execute(made)]

    def delivery(self, key: UUID, *, lock: bool = False) -> tuple[Delivery, Webhook] | None:
        """Return a delivery with its webhook; with `lock` both are held until the transaction ends.

        The webhook is held first, as who removes it does: two that want both never wait for each other.
        """
        found = select(webhook_delivery).where(webhook_delivery.c.id == key)
        owner = select(webhook).join(webhook_delivery).where(webhook_delivery.c.id == key)
        above = self._connection.execute(owner.with_for_update(of=webhook) if lock else owner).one_or_none()
        if above is None:
            return None
        row = self._connection.execute(found.with_for_update() if lock else found).one()
        return _delivery(row), _webhook(above)

    def save(self, after: Delivery) -> None:
        self._connection.execute(
            update(webhook_delivery)
            .where(webhook_delivery.c.id == after.id)
            .values(
                state=after.state, attempts=after.attempts, next_at=after.next_at, last_at=after.last_at,
                last_status=after.last_status, last_error=after.last_error,
            ),
        )  # fmt: skip

    def first_to_die(self, dead: Delivery) -> bool:
        """Say whether this is the first dead delivery of its webhook since one got through."""
        own = webhook_delivery.c.webhook_id == dead.webhook_id
        good = select(func.max(webhook_delivery.c.last_at)).where(
            own, webhook_delivery.c.state == DeliveryState.DELIVERED
        )
        before = exists().where(
            own,
            webhook_delivery.c.id != dead.id,
            webhook_delivery.c.state == DeliveryState.DEAD,
            or_(good.scalar_subquery().is_(None), webhook_delivery.c.last_at > good.scalar_subquery()),
        )
        return not self._connection.execute(select(before)).scalar_one()

    def deliveries(self, key: UUID, *, after: UUID | None, limit: int) -> list[tuple[Delivery, str]]:
        """Return the deliveries of a webhook with the kind of their notice, newest first."""
        rows = select(webhook_delivery, notice.c.kind).join(notice).where(webhook_delivery.c.webhook_id == key)
        if after is not None:
            rows = rows.where(webhook_delivery.c.id < after)
        rows = rows.order_by(webhook_delivery.c.id.desc()).limit(limit)
        return [(_delivery(row), row.kind) for row in self._connection.execute(rows)]


def _kept(scope: Sequence[str]) -> ColumnElement[bool]:
    reached = or_(false(), *(department.c.path.startswith(path, autoescape=True) for path in scope))
    return and_(reached, webhook.c.state != WebhookState.REMOVED)


def _webhook(row: AnyRow) -> Webhook:
    return Webhook(
        id=row.id, department_id=row.department_id, url=row.url, kinds=tuple(row.kinds), sealed=bytes(row.sealed),
        state=WebhookState(row.state), created_at=row.created_at, version=row.version,
    )  # fmt: skip


def _delivery(row: AnyRow) -> Delivery:
    return Delivery(
        id=row.id, webhook_id=row.webhook_id, notice_id=row.notice_id, state=DeliveryState(row.state),
        attempts=row.attempts, next_at=row.next_at, last_at=row.last_at, last_status=row.last_status,
        last_error=row.last_error,
    )  # fmt: skip
