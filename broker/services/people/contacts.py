"""How a person is reached outside the program: an e-mail address, and the language to write in."""

import re
from dataclasses import dataclass

from broker.domain.errors import Invalid
from broker.domain.oversight.audit import Entry
from broker.domain.people.accounts import Caller
from broker.locale import LANGUAGES
from policies import facts
from policies.authorizer import Authorizer
from storage.db.unit_of_work import Work

LONGEST_EMAIL = 254  # RFC 5321 section 4.5.3.1.3, without its angle brackets
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
EMAIL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*")
"""The plain form of RFC 5321: no quotes, no comments, ASCII only, and nothing that a header could break at."""


@dataclass(frozen=True)
class Contact:
    """Where a person gets notices by e-mail (None: nowhere), and in which language (None: Chinese)."""

    email: str | None = None
    language: str | None = None


class Contacts:
    """Everybody's own contact."""

    def __init__(self, work: Work, policy: Authorizer) -> None:
        self._work = work
        self._policy = policy

    def read(self, caller: Caller) -> Contact:
        """Return the caller's contact."""
        with self._work() as work:
            known = facts.of_person(caller, caller.person_id)
            self._policy.require(caller, "account:read", caller.roles(work.now), known)
            person = work.persons.load(caller.person())
            return Contact(person.email, person.language)

    def change(self, caller: Caller, new: Contact) -> Contact:
        """Replace the caller's contact; the trace notes that it changed, not the address."""
        with self._work() as work:
            key = caller.person()
            known = facts.of_person(caller, key)
            permit = self._policy.require(caller, "account:change_contact", caller.roles(work.now), known)
            check_contact(new)
            work.persons.load(key, lock=True)
            stream = f"person/{key}"
            number = work.audit.reserve(stream)
            work.persons.change(key, number, email=new.email, language=new.language)
            data = {"email": new.email is not None, "language": new.language}
            work.audit.append(permit, (Entry(stream, "person:contact:changed", data),))
            work.commit(permit)
            return new


def check_contact(contact: Contact) -> None:
    """Refuse what is no address, and a language that nothing is written in.

    Raises:
        Invalid: `pointer` says which.
    """
    if contact.email is not None and (len(contact.email) > LONGEST_EMAIL or not EMAIL.fullmatch(contact.email)):
        raise Invalid("email-malformed", pointer="/email")
    if contact.language is not None and contact.language not in LANGUAGES:
        allowed = ", ".join(LANGUAGES)
        raise Invalid("language-unknown", pointer="/language", language=contact.language[:20], allowed=allowed)
