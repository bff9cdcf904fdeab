"""Bounds guessing: failures are counted by login and by address, in the database that all processes share.

Passwords and codes fill the same counters, wherever they are asked for: who guesses at one door does not start anew
at the next.
"""

from datetime import timedelta

from storage.db.unit_of_work import UnitOfWork

WINDOW = timedelta(minutes=15)
MINUTES = int(WINDOW.total_seconds() // 60)
LOGIN_TRIES = 10
ADDRESS_TRIES = 60
LONGEST_LOGIN = 100


def flooded(work: UnitOfWork, login: str, address: str) -> bool:
    """Say whether there were too many failures of this login or this address lately."""
    by_login, by_address = work.sessions.failures(login, address, work.now - WINDOW)
    return by_login >= LOGIN_TRIES or by_address >= ADDRESS_TRIES


def failed(work: UnitOfWork, login: str, address: str) -> None:
    """Note a failure."""
    work.sessions.failed(login[:LONGEST_LOGIN], address, work.now, work.now - WINDOW)
