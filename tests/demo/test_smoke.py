"""The demonstration from beginning to end, small: a process of its own, its files, its exit code."""

import hashlib
import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from adapters.media.testcard import read_codes

PROGRAM = [sys.executable, "-c", "import sys; from broker.cli import main; sys.exit(main())"]
SMALL = ("demo", "--minutes", "4", "--points", "2000")
PATIENCE = 280
SHA256 = re.compile(r"SHA-256: ([0-9a-f]{64})")
FILE = re.compile(r"FILE: (\S+)")


@dataclass(frozen=True)
class Played:
    """A demonstration that has been played."""

    folder: Path
    out: str


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    folder = tmp_path_factory.mktemp("demo")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XUELIANG_LANGUAGE", "en")
        patch.setenv("XUELIANG_PASSWORD_MEMORY_KIB", "64")
        patch.setenv("XDG_STATE_HOME", str(folder / "state"))
        # A database that is configured must not be touched, and not even be asked.
        patch.setenv("XUELIANG_DATABASE_URL", "postgresql://nobody@127.0.0.1:9/none")
        done = subprocess.run(
            [*PROGRAM, *SMALL], cwd=folder, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return Played(folder, done.stdout)


def test_every_step_is_told(played: Played) -> None:
    assert re.findall(r"^\[(\d)/7\]", played.out, re.MULTILINE) == list("1234567")
    for told in ("partially granted", "No grant names you", "outside the granted footage window", "not in force"):
        assert told in played.out
    assert re.search(r"broke off at once: \d+ of \d+ bytes", played.out)
    assert "xueliang serve --data xueliang-demo/data" in played.out


def test_everybody_has_a_password(played: Played) -> None:
    lines = (played.folder / "xueliang-demo" / "people.txt").read_text(encoding="utf-8").splitlines()
    assert len(lines) >= 16
    assert all(line in played.out for line in lines)


def test_the_files_are_what_was_told(played: Played) -> None:
    files = FILE.findall(played.out)
    assert [Path(name).suffix for name in files] == [".jpg", ".mp4"]
    digests = [hashlib.sha256((played.folder / name).read_bytes()).hexdigest() for name in files]
    assert digests == SHA256.findall(played.out)


def test_the_bar_codes_are_those_of_the_span(played: Played) -> None:
    codes = [code for _, code in read_codes(played.folder / FILE.findall(played.out)[1])]
    assert len(codes) == 300
    assert [code.number for code in codes] == list(range(codes[0].number, codes[0].number + 300))
    assert (codes[-1].instant - codes[0].instant).total_seconds() == pytest.approx(59.8)


def test_the_data_can_be_worked_with_afterwards(played: Played) -> None:
    command = ["audit", "verify", "--json", "--data", "xueliang-demo/data"]
    done = subprocess.run(
        [*PROGRAM, *command], cwd=played.folder, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["faults"] == []
    assert told["events"] > 80
