"""Webhooks of departments: add, list, remove, try, and look at what was delivered. The secret is shown once."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from uuid import UUID

from broker.domain.errors import Conflict, Invalid
from broker.domain.ids import new_id
from broker.domain.notices.notices import NOTICES, Told
from broker.domain.notices.standard_webhooks import new_secret, shown
from broker.domain.notices.webhooks import MOST_OF_A_DEPARTMENT, Answer, Delivery, Webhook, WebhookState
from broker.domain.oversight.audit import Entry
from broker.domain.people.accounts import Caller, Role
from broker.domain.permits import Permit
from broker.services.notices.couriers.places import find_place
from broker.services.notices.couriers.post_office import PostOffice
from policies import facts
from policies.authorizer import Authorizer
from storage.db.unit_of_work import UnitOfWork, Work

KEEPERS = (Role.SYSTEM_ADMINISTRATOR, Role.OPERATOR)


@dataclass(frozen=True)
class NewWebhook:
    """What it takes to add a webhook; `department` is a code, `kinds` empty means every kind."""

    department: str
    url: str
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True)
class Added:
    """A fresh webhook with its secret."""

    webhook: Webhook
    secret: str = field(repr=False)


class Webhooks:
    """The administrator's side of webhooks."""

    def __init__(self, work: Work, policy: Authorizer, office: PostOffice) -> None:
        self._work = work
        self._policy = policy
        self._office = office

    def add(self, caller: Caller, new: NewWebhook) -> Added:
        """Add a webhook; its host is looked up and checked now and again at every delivery, and not called yet."""
        with self._work() as work:
            owner = work.departments.by_code(new.department)
            roles = caller.roles_at(owner.path, work.now)
            self._policy.require(caller, "webhook:add", roles, facts.of_person(caller))
        check_kinds(new.kinds)
        place = find_place(new.url, self._office.rules)  # without a transaction: names are slow sometimes
        with self._work() as work:
            permit = self._policy.require(caller, "webhook:add", roles, facts.of_person(caller))
            known = work.webhooks.of_department(owner.id)
            if str(place.url) in known:
                raise Conflict("webhook-taken", pointer="/url")
            if len(known) >= MOST_OF_A_DEPARTMENT:
                raise Conflict("webhook-too-many", pointer="/department", most=MOST_OF_A_DEPARTMENT)
            key, secret = new_id(), new_secret()
            bare = Webhook(
                id=key, department_id=owner.id, url=str(place.url), kinds=tuple(sorted(set(new.kinds))), sealed=b"",
                state=WebhookState.ACTIVE, created_at=work.now,
            )  # fmt: skip
            webhook = bare.with_sealed(self._office.secrets.seal(secret, bare.place))
            work.webhooks.add(webhook)
            data = {"department": owner.code, "host": place.host, "kinds": list(webhook.kinds)}
            work.audit.append(permit, (Entry(webhook.stream, "webhook:added", data),))
            work.commit(permit)
            return Added(webhook, shown(secret))

    def page(self, caller: Caller, *, after: UUID | None, limit: int) -> Sequence[Webhook]:
        """Return the webhooks in the caller's reach, oldest first."""
        with self._work() as work:
            self._policy.require(caller, "webhook:list", caller.roles(work.now), facts.of_person(caller))
            return work.webhooks.page(_scope(caller, work), after=after, limit=limit)

    def read(self, caller: Caller, key: UUID) -> Webhook:
        """Return one webhook in the caller's reach."""
        with self._work() as work:
            self._policy.require(caller, "webhook:list", caller.roles(work.now), facts.of_person(caller))
            return work.webhooks.load(key, _scope(caller, work))

    def deliveries(
        self, caller: Caller, key: UUID, *, after: UUID | None, limit: int
    ) -> Sequence[tuple[Delivery, str]]:
        """Return what was, or is to be, delivered to a webhook, with the kind of each notice, newest first."""
        with self._work() as work:
            self._policy.require(caller, "webhook:list", caller.roles(work.now), facts.of_person(caller))
            webhook = work.webhooks.load(key, _scope(caller, work))
            return work.webhooks.deliveries(webhook.id, after=after, limit=limit)

    def remove(self, caller: Caller, key: UUID) -> None:
        """Remove a webhook: its secret is erased, what waits for it is dropped."""
        with self._work() as work:
            webhook = work.webhooks.load(key, _scope(caller, work), lock=True)
            permit = self._require(work, caller, "webhook:remove", webhook)
            work.webhooks.end(webhook, WebhookState.REMOVED)
            host = urlsplit(webhook.url).hostname
            work.audit.append(permit, (Entry(webhook.stream, "webhook:removed", {"host": host}),))
            work.commit(permit)

    def test(self, caller: Caller, key: UUID) -> Answer:
        """Call a webhook once with a notice that says it is a test, and return what came of it; nothing is stored."""
        with self._work() as work:
            webhook = work.webhooks.load(key, _scope(caller, work))
            self._require(work, caller, "webhook:test", webhook)
            now = work.now
        return self._office.post(webhook, Told(new_id(), "webhook.test", now, None, {}), new_id(), now)

    def _require(self, work: UnitOfWork, caller: Caller, act: str, webhook: Webhook) -> Permit:
        home = work.departments.load(webhook.department_id)
        return self._policy.require(caller, act, caller.roles_at(home.path, work.now), facts.of_person(caller))


def _scope(caller: Caller, work: UnitOfWork) -> tuple[str, ...]:
    """Return the subtrees whose webhooks the caller keeps."""
    return tuple(path for role in KEEPERS for path in caller.paths_of(role, work.now))


def check_kinds(kinds: Collection[str]) -> None:
    """Refuse a kind that no notice has; it would wait for ever.

    Raises:
        Invalid: `pointer` says which.
    """
    for place, kind in enumerate(kinds):
        if kind not in NOTICES:
            allowed = ", ".join(sorted(NOTICES))
            raise Invalid("webhook-kinds", pointer=f"/kinds/{place}", kind=kind[:80], allowed=allowed)
