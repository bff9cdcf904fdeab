"""Transactions that hold what a stop has to wait for: they may not linger, even when their process is frozen."""

from sqlalchemy import Connection, text

LINGER = 5000
"""Milliseconds for which such a transaction may wait for its own program between two statements."""


def in_haste(connection: Connection) -> None:
    """Have the database end this transaction when its program falls silent: a stop must not wait for a frozen one."""
    connection.execute(text(f"SET LOCAL idle_in_transaction_session_timeout = {LINGER}"))
