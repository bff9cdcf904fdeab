"""`xueliang evidence` and `xueliang package`: a key, a package from a real recording, and the verdict on it."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from broker.bootstrap import Broker
from broker.domain.time import SystemClock
from storage.packages.authority import FOLDER, new_key
from storage.packages.findings import BROKEN, GOOD, OPEN
from tests.cli.conftest import Desk, Run
from tests.cli.test_retrieving import BEGIN, CODE, granted
from tests.evidence.made import house, package

__all__ = ["granted"]  # a fixture: it is found by its name
INVALID, CONFLICT = 2, 5


@pytest.fixture
def packed(tmp_path: Path) -> tuple[Path, Path]:
    """Return a package that is good, and the root to trust."""
    signer = house(tmp_path / "keys")
    path = tmp_path / "case.zip"
    path.write_bytes(package(signer))
    return path, signer.root


def test_the_verdict_is_told_in_chinese_and_english(run: Run, packed: tuple[Path, Path]) -> None:
    path, root = packed
    good = run("evidence", "verify", str(path), "--trust", str(root))
    assert (good.code, good.err) == (GOOD, "")
    chinese, english = good.out.split("\n\n")
    assert chinese.startswith("校验结果：完好")
    assert "锦城市公安局" in chinese
    assert "时间戳" in chinese
    assert english.startswith("Verdict: intact")
    assert "time stamp" in english
    unknown = run("evidence", "verify", str(path))
    assert unknown.code == OPEN
    assert "--trust" in unknown.out


def test_what_is_wrong_is_named(run: Run, packed: tuple[Path, Path], tmp_path: Path) -> None:
    path, root = packed
    with zipfile.ZipFile(path) as opened:
        opened.extractall(tmp_path / "out")
    (folder,) = (tmp_path / "out").iterdir()
    clip = folder / "data" / "media" / "001-a.mp4"
    clip.write_bytes(clip.read_bytes().replace(b"first", b"third"))
    (folder / "data" / "media" / "x\x1b[31m.mp4").write_bytes(b"more")
    broken = run("evidence", "verify", str(folder), "--trust", str(root))
    assert broken.code == BROKEN
    assert broken.out.count("data/media/001-a.mp4") == len(("in Chinese", "in English"))
    assert "\x1b" not in broken.out
    told = run("evidence", "verify", str(folder), "--trust", str(root), "--json").value
    assert told["verdict"] == "broken"
    assert {fault["slug"] for fault in told["faults"]} >= {"changed", "added", "name", "oxum"}


def test_files_that_are_not_there_or_no_certificates(run: Run, packed: tuple[Path, Path], tmp_path: Path) -> None:
    path, _ = packed
    assert run("evidence", "verify", str(tmp_path / "none.zip")).code == INVALID
    refused = run("evidence", "verify", str(path), "--trust", str(path))
    assert (refused.code, "PEM" in refused.err) == (INVALID, True)


def test_verifying_needs_no_server_no_data_and_leaves_nothing(packed: tuple[Path, Path], tmp_path: Path) -> None:
    """In a process of its own, in an empty folder, with nothing set: nothing is made there."""
    path, root = packed
    place = tmp_path / "elsewhere"
    place.mkdir()
    program = (
        "import sys; from broker.cli import main; code = main(); assert 'sqlalchemy' not in sys.modules; sys.exit(code)"
    )
    command = [sys.executable, "-c", program, "evidence", "verify", str(path), "--trust", str(root), "--json"]
    ended = subprocess.run(command, cwd=place, capture_output=True, check=False, text=True)
    assert (ended.returncode, json.loads(ended.stdout)["verdict"]) == (GOOD, "good"), ended.stderr
    assert list(place.iterdir()) == []


def test_a_key_for_the_house(run: Run, tmp_path: Path) -> None:
    data = ("--data", str(tmp_path / "data"))
    named = ("evidence", "key", "new", "--organization", "锦城市公安局", *data)
    made = run(*named, "--json").value
    assert Path(made["key"]).stat().st_mode & 0o777 == 0o600
    assert run(*named).code == CONFLICT
    again = run(*named, "--rotate", "--json").value
    assert Path(again["retired"]).exists()
    assert made["root"] == again["root"]


def test_from_a_retrieval_to_a_verdict(granted: str, desk: Desk, broker: Broker, tmp_path: Path) -> None:
    assert granted
    made = new_key(broker.settings.data / FOLDER, "锦城市公安局", SystemClock().now())
    at = BEGIN.isoformat()
    picture: Any = desk.json("looker", "retrieve", "snapshot", CODE, "--at", at, "-o", str(tmp_path / "a.jpg"))
    file = tmp_path / "case.zip"
    told = desk.json("looker", "package", "order", picture["id"], "-o", str(file))
    assert (told["state"], told["saved"]) == ("READY", str(file))
    assert desk.run("evidence", "verify", str(file), "--trust", str(made.root)).code == GOOD
    assert [each["id"] for each in desk.json("looker", "package", "list")] == [told["id"]]
    shown = desk("looker", "package", "show", told["id"])
    assert (shown.code, told["name"] in shown.out, "锦城市公安局" in shown.out) == (0, True, True)
    again = desk("looker", "package", "download", told["id"], "-o", str(tmp_path / "again.zip"))
    assert again.code == 0, again.err
    assert (tmp_path / "again.zip").read_bytes() == file.read_bytes()
