"""As whom an own PostgreSQL runs: it refuses root, and initdb refuses a user without a name."""

import contextlib
import os
import pwd
from collections.abc import Iterator
from pathlib import Path

from broker.domain.errors import Unavailable
from storage.db.embedded.pg_process import last_words, run

UNPRIVILEGED = ("postgres", "nobody")


def choose_identity(directory: Path, cluster: Path, postgres: Path) -> str:
    """As whom PostgreSQL, which refuses root, can run here.

    Args:
        directory: where it has to be able to work.
        cluster: the data directory inside, or to be.
        postgres: a program that the identity must be able to run.

    Returns:
        `same`, `namespace:UID` (root on the outside, an ordinary user within), or `user:UID:GID`, who has to be made
        the owner with `hand_over`.

    Raises:
        Unavailable: `database-needs-user` when no identity works.
    """
    detail = ""
    for identity in _identities(cluster if cluster.exists() else directory):
        # A user that cannot even stand in the parent directory would not reach ours after a change of owner.
        reached = directory.parent if identity.startswith("user:") else directory
        status, output = run(identity, reached, [postgres, "--version"])
        if status == 0:
            return identity
        detail = last_words(output)
    raise Unavailable("database-needs-user", path=str(directory), detail=detail)


def _identities(owned: Path) -> Iterator[str]:
    nobody = pwd.getpwnam("nobody").pw_uid
    if os.geteuid() != 0:
        if not _has_name(os.geteuid()):
            yield f"namespace:{nobody}"  # initdb wants a user with a name; some containers run without
        yield "same"
        return
    owner = owned.stat()
    if owner.st_uid != 0:
        yield f"user:{owner.st_uid}:{owner.st_gid}"
        return
    yield f"namespace:{nobody}"
    for name in UNPRIVILEGED:
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            yield f"user:{entry.pw_uid}:{entry.pw_gid}"


def _has_name(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def hand_over(identity: str, *directories: Path) -> None:
    """Make the user of `identity` the owner of the directories and all in them; root keeps its own access."""
    if not identity.startswith("user:"):
        return
    uid, gid = (int(number) for number in identity.split(":")[1:])
    for directory in directories:
        for path in [directory, *directory.rglob("*")]:
            os.chown(path, uid, gid, follow_symlinks=False)
