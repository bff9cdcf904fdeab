"""The SQL that lies beside a migration, run as it stands: the same name, another suffix."""

from pathlib import Path
from typing import TYPE_CHECKING

from alembic import op

if TYPE_CHECKING:
    from collections.abc import Callable


def driver_run() -> "Callable[[str], object]":
    """Return what runs statements on the driver itself: SQLAlchemy would read every % and : as a placeholder."""
    driver = op.get_bind().connection.driver_connection
    if driver is None:
        raise RuntimeError("migrations run over an open connection")
    run: Callable[[str], object] = driver.execute
    return run


def run_beside(migration: str) -> None:
    """Run the file beside a migration, which names itself by its `__file__`."""
    driver_run()(Path(migration).with_suffix(".sql").read_text(encoding="utf-8"))
