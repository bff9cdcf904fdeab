"""The data directory of an own PostgreSQL: made whole or not at all, and never opened by another version."""

import os
import shutil
import tempfile
from pathlib import Path

from broker.domain.errors import Unavailable
from storage.db.embedded.pg_binaries import Binaries
from storage.db.embedded.pg_process import last_words, run

NEEDED_BYTES = 100 * 1024 * 1024
OWNER = "xueliang_owner"
HALF_MADE = "cluster.new."
FIRST_WITH_CHECKSUMS = 18
FIRST_WITH_BUILTIN_LOCALES = 17


def recorded_major(cluster: Path) -> int | None:
    """The major version that made the data directory; None where there is none yet.

    Raises:
        Unavailable: `data-directory-foreign` when what is there is no data directory of PostgreSQL.
    """
    if not cluster.exists():
        return None
    try:
        return int((cluster / "PG_VERSION").read_text(encoding="ascii").strip())
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:
        raise Unavailable("data-directory-foreign", path=str(cluster)) from error


def create_cluster(cluster: Path, binaries: Binaries, identity: str) -> None:
    """Make the data directory with initdb, under another name until it is whole.

    Raises:
        Unavailable: `no-space-left` or `database-start-failed`.
    """
    parent = cluster.parent
    for leftover in parent.glob(f"{HALF_MADE}*"):  # of a program that was killed; we hold the lock, nobody uses them
        shutil.rmtree(leftover, ignore_errors=True)
    if shutil.disk_usage(parent).free < NEEDED_BYTES:
        raise Unavailable("no-space-left", path=str(parent))
    making = Path(tempfile.mktemp(prefix=HALF_MADE, dir=parent))  # noqa: S306  # initdb, maybe as another user, makes it
    checksums = ["--data-checksums"] if binaries.major < FIRST_WITH_CHECKSUMS else []
    # The same order of texts either way; the provider of its own compares them as bytes, three times as fast.
    builtin = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    provider = builtin if binaries.major >= FIRST_WITH_BUILTIN_LOCALES else []
    options = ["--locale=C.UTF-8", *provider, "--encoding=UTF8", "--auth=trust", "-U", OWNER, *checksums]
    status, output = run(identity, parent, [binaries.initdb, "--pgdata", making, *options])
    if status != 0:
        shutil.rmtree(making, ignore_errors=True)
        raise failure(output, parent)
    making.rename(cluster)
    sync_directory(parent)


def failure(output: str, path: Path) -> Unavailable:
    """The error that says what PostgreSQL wrote before it gave up."""
    if "No space left on device" in output:
        return Unavailable("no-space-left", path=str(path))
    return Unavailable("database-start-failed", path=str(path), detail=last_words(output))


def sync_directory(directory: Path) -> None:
    """Bring a rename in `directory` to the disk."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
