"""The operator's look at e-mail: is there a mail server, does it take a message, what did not get through."""

from dataclasses import dataclass

from broker.domain.errors import Unavailable
from broker.domain.ids import new_id
from broker.domain.notices.notices import Told
from broker.domain.people.accounts import Caller
from broker.locale import DEFAULT
from broker.services.notices.couriers.mail import Failed, Refused
from broker.services.notices.couriers.post_office import PostOffice
from broker.services.people.contacts import Contact, check_contact
from policies import facts
from policies.authorizer import Authorizer
from storage.db.unit_of_work import Work


@dataclass(frozen=True)
class MailStatus:
    """Where mail stands; `server` is empty while none is set, and then nothing is tried."""

    server: str
    sender: str
    waiting: int
    refused: int
    dead: int


class Mailbox:
    """What the operator asks of e-mail."""

    def __init__(self, work: Work, policy: Authorizer, office: PostOffice) -> None:
        self._work = work
        self._policy = policy
        self._office = office

    def status(self, caller: Caller) -> MailStatus:
        """Return which server is set, and how many messages wait, were refused or were given up."""
        with self._work() as work:
            self._policy.require(caller, "mail:read", caller.roles(work.now), facts.of_person(caller))
            counts = work.outbox.mail_counts()
        server = self._office.mail
        return MailStatus(
            server=f"{server.scheme}://{server.host}:{server.port}" if server else "",
            sender=str(server.sender) if server else "",
            waiting=counts.get("waiting", 0),
            refused=counts.get("refused", 0),
            dead=counts.get("dead", 0),
        )

    def test(self, caller: Caller, email: str) -> None:
        """Send one message to an address, now.

        Raises:
            Invalid: that is no address.
            Unavailable: no mail server is set, or it did not take the message.
        """
        with self._work() as work:
            self._policy.require(caller, "mail:test", caller.roles(work.now), facts.of_person(caller))
            now = work.now
        check_contact(Contact(email))
        if self._office.mail is None:
            raise Unavailable("mail-off")
        try:
            key = new_id()
            self._office.mail_to(Contact(email, DEFAULT), Told(key, "mail.test", now, None, {}), str(key), now)
        except (Failed, Refused) as error:
            raise Unavailable("mail-refused", reason=str(error)) from None
