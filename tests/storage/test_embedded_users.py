"""As whom the server runs: PostgreSQL refuses root, and a directory has to be open to whoever runs it."""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from broker.domain.errors import Unavailable
from storage.db.embedded import pg_identity
from storage.db.embedded.embedded import EmbeddedServer
from storage.db.embedded.pg_binaries import find_binaries
from tests.storage.embedded_cases import ROWS, copy_template, make_template, postmaster_pid, program, rows

NOBODY = pwd.getpwnam("nobody")
AS_NOBODY = """
import os, pathlib, sys
from storage.db.embedded.embedded import EmbeddedServer
import psycopg
from broker.domain.errors import Unavailable
sys.executable = sys.argv[2]
os.setgroups([]); os.setgid(int(sys.argv[4])); os.setuid(int(sys.argv[3]))
try:
    with EmbeddedServer(pathlib.Path(sys.argv[1])) as server, psycopg.connect(server.dsn()) as connection:
        print(connection.execute("SELECT 'works'").fetchone()[0])
except Unavailable as error:
    print(error.slug, error.facts["detail"])
"""

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


def open_to_nobody(command: list[str | Path]) -> bool:
    done = subprocess.run(command, user=NOBODY.pw_uid, group=NOBODY.pw_gid, extra_groups=[], check=False, cwd="/")
    return done.returncode == 0


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_template(tmp_path_factory)


@pytest.fixture
def open_place() -> Iterator[Path]:
    """A directory that every user may enter; those of pytest are the tester's alone."""
    place = Path(tempfile.mkdtemp(prefix="xueliang-test-"))
    place.chmod(0o755)
    yield place
    shutil.rmtree(place)


@pytest.fixture
def interpreter() -> str:
    """A Python that the user nobody may run."""
    for candidate in (sys.executable, "/usr/bin/python3"):
        try:
            if open_to_nobody([candidate, "-c", ""]):
                return candidate
        except OSError:
            continue
    pytest.skip(f"the user nobody may not run {sys.executable}, and there is no /usr/bin/python3")


def test_an_ordinary_user_runs_it_directly(open_place: Path, interpreter: str) -> None:
    if not open_to_nobody([find_binaries().postgres, "--version"]):
        pytest.skip(f"the user nobody may not run {find_binaries().postgres}")
    (open_place / "own").mkdir()
    os.chown(open_place / "own", NOBODY.pw_uid, NOBODY.pw_gid)
    identity = (interpreter, str(NOBODY.pw_uid), str(NOBODY.pw_gid))
    with program(AS_NOBODY, open_place / "own" / "db", *identity) as child:
        assert child.communicate() == ("works\n", "")
    assert (open_place / "own" / "db" / "cluster").stat().st_uid == NOBODY.pw_uid
    with program(AS_NOBODY, open_place / "db", *identity) as child:
        assert child.communicate() == ("data-directory-unwritable Permission denied\n", "")


def test_root_runs_it_with_everything_closed_to_others(template: Path, tmp_path: Path) -> None:
    directory = copy_template(template, tmp_path)
    binaries = find_binaries()
    if not pg_identity.choose_identity(directory, directory / "cluster", binaries.postgres).startswith("namespace:"):
        pytest.skip("this kernel or container forbids user namespaces")
    with EmbeddedServer(directory) as server:
        assert rows(server.dsn()) == ROWS
        assert Path(f"/proc/{postmaster_pid(directory)}/status").read_text().count("Uid:\t0") == 1


@pytest.fixture
def _no_namespaces(monkeypatch: pytest.MonkeyPatch) -> None:
    every = pg_identity._identities
    monkeypatch.setattr(
        pg_identity,
        "_identities",
        lambda owned: (identity for identity in every(owned) if not identity.startswith("namespace:")),
    )


@pytest.mark.usefixtures("_no_namespaces")
def test_root_without_namespaces_hands_the_directory_to_an_unprivileged_user(template: Path, open_place: Path) -> None:
    if not open_to_nobody([find_binaries().postgres, "--version"]):
        pytest.skip(f"the user nobody may not run {find_binaries().postgres}")
    directory = copy_template(template, open_place)
    with EmbeddedServer(directory) as server:
        assert rows(server.dsn()) == ROWS
        owner = directory.stat().st_uid
        assert pwd.getpwuid(owner).pw_name in pg_identity.UNPRIVILEGED
        assert f"Uid:\t{owner}\t" in Path(f"/proc/{postmaster_pid(directory)}/status").read_text()
    with EmbeddedServer(directory) as server:
        assert rows(server.dsn()) == ROWS


@pytest.mark.usefixtures("_no_namespaces")
def test_a_directory_that_no_such_user_may_enter_is_refused_with_the_reason(template: Path, tmp_path: Path) -> None:
    directory = copy_template(template, tmp_path)
    with pytest.raises(Unavailable) as caught:
        EmbeddedServer(directory).start()
    assert caught.value.slug == "database-needs-user"
    assert caught.value.facts == {"path": str(directory), "detail": f"Permission denied: {tmp_path}"}
    assert (directory / "cluster").stat().st_uid == 0
