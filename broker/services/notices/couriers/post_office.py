"""What the couriers go by: mail server, rules for webhooks, trust, time zone; built once from the settings."""

import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from uuid import UUID

from broker.domain.errors import Unavailable
from broker.domain.notices.notices import Told
from broker.domain.notices.standard_webhooks import sign
from broker.domain.notices.webhooks import BACKOFF, Answer, Webhook, body_of, message_of
from broker.services.notices.couriers.calls import call
from broker.services.notices.couriers.mail import Letter, MailServer, Refused, compose, send
from broker.services.notices.couriers.places import Rules
from broker.services.notices.couriers.wording import subjects
from broker.services.people.contacts import Contact
from storage.secrets import SecretBox


@dataclass(frozen=True)
class PostOffice:
    """Sends; keeps no record."""

    secrets: SecretBox
    context: ssl.SSLContext
    zone: tzinfo
    rules: Rules
    mail: MailServer | None = None
    public_url: str = ""
    backoff: Sequence[timedelta] = BACKOFF

    def post(self, webhook: Webhook, notice: Told, delivery: UUID, now: datetime) -> Answer:
        """Make one attempt at a delivery: the same id and body every time, the timestamp of this attempt."""
        try:
            key = self.secrets.open(webhook.sealed, webhook.place)
        except Unavailable as error:  # the key is not on this machine; somebody may bring it before the next attempt
            return Answer(None, error.slug)
        body = body_of(notice, subjects(notice, self.zone))
        headers: Mapping[str, str] = sign(key, message_of(delivery), int(now.timestamp()), body)
        return call(webhook.url, self.rules, headers, body, self.context)

    def mail_to(self, contact: Contact, notice: Told, key: str, now: datetime) -> None:
        """Mail one notice to one address; `key` is the same for every attempt.

        Raises:
            Refused: it will never be taken.
            Failed: it was not taken now.
        """
        if self.mail is None or contact.email is None:
            raise Refused("no address")
        letter = Letter(notice, contact.email, contact.language, self.public_url, self.zone, key)
        send(self.mail, compose(letter, self.mail.sender, now), self.context)
