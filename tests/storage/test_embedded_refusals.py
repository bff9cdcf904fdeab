import errno
import os
from pathlib import Path
from typing import NamedTuple

import pytest

from broker.domain.errors import Unavailable
from storage.db.embedded.embedded import EmbeddedServer, running_dsn
from storage.db.embedded.pg_binaries import find_binaries
from storage.db.embedded.pg_process import last_words
from tests.storage.embedded_cases import HOLD, copy_template, make_template, program, rows

NEARLY_FULL = 99 * 1024 * 1024


class Usage(NamedTuple):
    free: int


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_template(tmp_path_factory)


@pytest.fixture
def directory(template: Path, tmp_path: Path) -> Path:
    return copy_template(template, tmp_path)


def refusal(directory: Path, binaries: Path | None = None) -> Unavailable:
    server = EmbeddedServer(directory, binaries=binaries)
    with pytest.raises(Unavailable) as caught:
        server.start()
    server.stop()
    return caught.value


def fake_postgres(parent: Path, words: str) -> Path:
    """Programs that name their version, and then fail with `words`."""
    (parent / "bin").mkdir()
    for name in ("postgres", "initdb"):
        version = "[ $1 = --version ] && echo 'postgres (PostgreSQL) 18.4' && exit"
        (parent / "bin" / name).write_text(f"#!/bin/sh\n{version}\necho '{words}' >&2\nexit 1\n")
        (parent / "bin" / name).chmod(0o755)
    parent.chmod(0o755)
    return parent / "bin"


def contents(directory: Path) -> dict[Path, float]:
    return {path: path.lstat().st_mtime for path in (directory / "cluster").rglob("*")}


def test_a_second_program_is_told_who_holds_the_directory_and_does_no_harm(directory: Path) -> None:
    with program(HOLD, directory) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        error = refusal(directory)
        assert (error.slug, error.facts) == ("data-directory-in-use", {"path": str(directory), "pid": str(child.pid)})
        assert rows(str(running_dsn(directory)))


def test_one_program_does_not_start_two_servers_on_one_directory(directory: Path) -> None:
    with EmbeddedServer(directory) as server:
        assert refusal(directory).slug == "data-directory-in-use"
        assert rows(server.dsn())


def test_data_of_a_newer_version_are_refused_and_left_alone(directory: Path) -> None:
    (directory / "cluster" / "PG_VERSION").write_text("99\n")
    before = contents(directory)
    error = refusal(directory)
    assert error.slug == "data-directory-version"
    assert error.facts["found"] == 99
    assert str(find_binaries().major) in str(error.facts["expected"])
    assert contents(directory) == before


def test_something_else_in_the_place_of_the_data_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "cluster").mkdir()
    (tmp_path / "cluster" / "thesis.txt").write_text("")
    assert refusal(tmp_path).slug == "data-directory-foreign"
    assert [path.name for path in contents(tmp_path)] == ["thesis.txt"]


def test_a_file_in_the_place_of_the_directory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for directory in (tmp_path / "file", tmp_path / "file" / "db"):
        error = refusal(directory)
        assert error.slug == "data-directory-unwritable"
        assert error.facts["detail"] in {os.strerror(errno.EEXIST), os.strerror(errno.ENOTDIR)}


def test_little_space_is_noticed_before_anything_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _path: Usage(free=NEARLY_FULL))
    error = refusal(tmp_path)
    assert (error.slug, error.facts) == ("no-space-left", {"path": str(tmp_path)})
    assert not list(tmp_path.glob("cluster*"))


@pytest.mark.parametrize("made", [False, True])
def test_no_space_for_initdb_or_the_server(template: Path, tmp_path: Path, made: bool) -> None:
    directory = copy_template(template, tmp_path) if made else tmp_path / "db"
    binaries = fake_postgres(tmp_path, 'FATAL:  could not write lock file "postmaster.pid": No space left on device')
    assert refusal(directory, binaries).slug == "no-space-left"


def test_no_space_for_our_own_files(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_text", full)
    assert refusal(directory).slug == "no-space-left"


def test_the_last_words_of_the_server_are_the_detail(directory: Path) -> None:
    (directory / "cluster" / "pg_hba.conf").write_text("nonsense\n")
    error = refusal(directory)
    assert error.slug == "database-start-failed"
    assert error.facts["detail"] == f"could not load {directory}/cluster/pg_hba.conf"


def test_last_words_leave_out_hints_and_numbers() -> None:
    output = "2026-01-01 00:00:00.000 UTC [7] FATAL:  lock file exists\n2026-01-01 00:00:00.000 UTC [7] HINT:  Is it?\n"
    assert last_words(output) == "lock file exists"
    assert last_words("") == ""


def test_missing_programs_are_named_with_the_places_looked_at(tmp_path: Path) -> None:
    error = refusal(tmp_path / "db", tmp_path)
    assert (error.slug, error.facts["looked"]) == ("database-binaries-missing", str(tmp_path))


def test_nothing_installed_names_every_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.db.embedded.pg_binaries.wheel_places", list)
    monkeypatch.setattr("storage.db.embedded.pg_binaries.system_places", list)
    with pytest.raises(Unavailable, match=r"pixeltable.*/usr/lib/postgresql.*pg_config"):
        find_binaries()
