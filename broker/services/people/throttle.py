"""Bounds guessing, in the database that all processes share, so that who guesses locks nobody else out.

Failures of a login are counted apart by where they come from: a device on which the login was used before (a cookie
that only a sign-in hands out), an address from which it was used lately, and everywhere else; a flood from elsewhere
fills only the last of these. Codes that fail after the right password, or inside a session or token, have one budget
for all doors: who guesses at one does not start anew at the next.
"""

from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv6Address, IPv6Network, ip_address

from broker.domain.addresses import plain
from storage.db.unit_of_work import UnitOfWork

WINDOW = timedelta(minutes=15)
MINUTES = int(WINDOW.total_seconds() // 60)
LOGIN_TRIES = 10
ADDRESS_TRIES = 60
LONGEST_LOGIN = 100
KNOWN_FOR = timedelta(days=30)
"""How long an address stays known after the login was used from there."""

ELSEWHERE, INSIDE, ADDRESS, DEVICE = "", "inside", "address", "device:"
NETWORK = 64
"""Bits of an IPv6 address that belong to one house; the rest it makes up by itself."""


@dataclass(frozen=True)
class Try:
    """Who tries, and from where; `device` names a device on which this login was used before.

    `inside`: the password was right, or a session or token makes the call. All such failures have one budget, which
    holds at every door. `browser` is what the browser calls itself; it counts for nothing and is told to its person.
    """

    login: str
    address: str
    device: str = ""
    inside: bool = False
    browser: str = ""

    def place(self, work: UnitOfWork) -> str:
        """Return where its failures are counted."""
        if self.inside:
            return INSIDE
        if self.device:
            return DEVICE + self.device
        known = work.guesses.knows(self.login[:LONGEST_LOGIN], whence(self.address), work.now - KNOWN_FOR)
        return ADDRESS if known else ELSEWHERE


def flooded(work: UnitOfWork, tried: Try) -> bool:
    """Say whether there were too many failures lately, of this login in this place or of this address.

    Those of the address do not count on a known device, nor inside: a neighbour behind the same address must not stop
    anybody there.
    """
    place = tried.place(work)
    since = work.now - WINDOW
    login = tried.login[:LONGEST_LOGIN]
    by_login, by_address = work.guesses.failures(login, (place, INSIDE), whence(tried.address), since)
    shared = place in {ELSEWHERE, ADDRESS}
    return by_login >= LOGIN_TRIES or (shared and by_address >= ADDRESS_TRIES)


def crowded(work: UnitOfWork, address: str) -> bool:
    """Say whether there were too many failures of this address lately, where no login is known yet."""
    return work.guesses.failures("", (), whence(address), work.now - WINDOW)[1] >= ADDRESS_TRIES


def failed(work: UnitOfWork, tried: Try) -> None:
    """Note a failure."""
    login, place = tried.login[:LONGEST_LOGIN], tried.place(work)
    work.guesses.failed(login, whence(tried.address), place, work.now, work.now - WINDOW)


def got_in(work: UnitOfWork, tried: Try) -> None:
    """Note a sign-in: its place is forgiven, no other one, and its address is known from now on."""
    login = tried.login[:LONGEST_LOGIN]
    work.guesses.forget(login, (tried.place(work), INSIDE))
    work.guesses.know(login, whence(tried.address), work.now, work.now - KNOWN_FOR)


def whence(address: str) -> str:
    """Return what an address is counted as: an IPv6 one as the network of its house."""
    try:
        read = plain(ip_address(address.partition("%")[0]))
    except ValueError:
        return address[:LONGEST_LOGIN]
    return str(IPv6Network((read, NETWORK), strict=False)) if isinstance(read, IPv6Address) else str(read)
