"""The worker's side of notices: who gets an e-mail, which webhooks are called, and what came of each attempt.

An attempt has a number. Its outcome and the job of the next attempt are one transaction, and a job whose number has
passed does nothing: a worker that dies after sending repeats that one attempt, a worker that dies after writing
repeats nothing.
"""

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from broker.domain.ids import PersonId
from broker.domain.notices.notices import Notice, Told
from broker.domain.notices.webhooks import GONE, Answer, Delivery, DeliveryState, Webhook, WebhookState, after
from broker.domain.oversight.audit import Entry
from broker.domain.people.accounts import Person, Role, system_caller
from broker.domain.permits import Permit
from broker.services.notices.couriers.mail import Failed, Refused
from broker.services.notices.couriers.post_office import PostOffice
from broker.services.notices.notices import tell
from broker.services.people.contacts import Contact
from policies.authorizer import Authorizer
from storage.db.unit_of_work import UnitOfWork, Work


class Deliveries:
    """Delivers what the outbox holds."""

    def __init__(self, work: Work, policy: Authorizer, office: PostOffice) -> None:
        self._work = work
        self._policy = policy
        self._office = office
        self._caller = system_caller(Role.WORKER, "worker")

    def fan_out(self, keys: Sequence[UUID]) -> None:
        """Address notices: one job for each mail and each call. Nobody is addressed twice, however often it runs."""
        with self._work() as work:
            permit = self._permit()
            for delivery in work.webhooks.address(keys, work.now):
                work.jobs.call_webhook(delivery.id, delivery.webhook_id, delivery.attempts)
            if self._office.mail is not None:
                work.jobs.mail_notices(work.outbox.to_mail(keys), 0)
            work.commit(permit)

    def call(self, key: UUID, attempt: int) -> Answer | None:
        """Make one attempt at a delivery; None when it is no longer wanted."""
        with self._work() as work:
            permit = self._permit()
            found = work.webhooks.delivery(key)
            if found is None or not _wanted(*found, attempt):
                return None
            delivery, webhook = found
            notice = work.outbox.load_many({delivery.notice_id})[delivery.notice_id]
            now = work.now
        answer = self._office.post(webhook, notice, key, now)
        with self._work() as work:
            found = work.webhooks.delivery(key, lock=True)
            if found is not None and _wanted(*found, attempt):
                self._write_down(work, permit, *found, answer)
                work.commit(permit)
        return answer

    def mail(self, key: UUID, who: PersonId, attempt: int) -> str | None:
        """Make one attempt to mail a notice to a person and return how that stands; None when it is not wanted."""
        with self._work() as work:
            permit = self._permit()
            if self._office.mail is None or work.outbox.mail_attempts(key, who) != attempt:
                return None
            person = work.persons.load(who)
            notice = work.outbox.load_many({key})[key]
            now = work.now
        state, error = self._mailed(notice, person, now)
        with self._work() as work:
            if work.outbox.mail_attempts(key, who) != attempt:
                return None
            tries = attempt + 1
            if state == "waiting" and tries > len(self._office.backoff):
                state = "dead"
            work.outbox.mailed(key, who, state=state, attempts=tries, error=error)
            if state == "waiting":
                work.jobs.mail_notices([(key, who)], tries, work.now + self._office.backoff[attempt])
            work.commit(permit)
        return state

    def _mailed(self, told: Told, person: Person, now: datetime) -> tuple[str, str]:
        """Hand one message in; return the state it has then and what went wrong."""
        contact = Contact(person.email if person.active else None, person.language)
        try:
            self._office.mail_to(contact, told, f"{told.id}.{person.id}", now)
        except Refused as error:
            return "refused", str(error)
        except Failed as error:
            return "waiting", str(error)
        return "sent", ""

    def _write_down(
        self, work: UnitOfWork, permit: Permit, delivery: Delivery, webhook: Webhook, answer: Answer
    ) -> None:
        """Store what came of an attempt, and what follows from it: the next one, or word to the administrators."""
        later = after(delivery, answer, work.now, self._office.backoff)
        work.webhooks.save(later)
        if later.state is DeliveryState.WAITING:
            work.jobs.call_webhook(later.id, webhook.id, later.attempts, later.next_at)
        elif answer.status == GONE:
            work.webhooks.end(webhook, WebhookState.DISABLED)
            work.audit.append(permit, (Entry(webhook.stream, "webhook:disabled", {"status": GONE}),))
            self._tell_administrators(work, "webhook.disabled", webhook)
        elif later.state is DeliveryState.DEAD and work.webhooks.first_to_die(later):
            self._tell_administrators(work, "webhook.dead", webhook)

    def _tell_administrators(self, work: UnitOfWork, kind: str, webhook: Webhook) -> None:
        """Tell people only: a webhook that is told of dead webhooks would be told of itself."""
        home = work.departments.load(webhook.department_id)
        people = work.persons.holders(Role.SYSTEM_ADMINISTRATOR, home.path, work.now)
        tell(work, Notice(kind, facts={"host": urlsplit(webhook.url).hostname or ""}, recipients=frozenset(people)))

    def _permit(self) -> Permit:
        return self._policy.require(self._caller, "notice:deliver", {Role.WORKER})


def _wanted(delivery: Delivery, webhook: Webhook, attempt: int) -> bool:
    """Say whether this attempt is the next one of a delivery that still waits."""
    current = delivery.state is DeliveryState.WAITING and delivery.attempts == attempt
    return current and webhook.state is WebhookState.ACTIVE
