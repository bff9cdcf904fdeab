"""The folder of the demonstration: fresh each time, and nobody else's."""

import stat
from pathlib import Path

import pytest

from broker.cli.demo import workplace
from broker.cli.demo.stage import BrokenPromiseError, Stage
from broker.cli.demo.workplace import Workplace
from broker.cli.program import EXIT_CODES
from broker.domain.errors import Conflict


def test_a_second_run_keeps_only_the_recordings(tmp_path: Path) -> None:
    place = Workplace(tmp_path / "demo")
    place.clear()
    for folder in (place.data, place.footage):
        folder.mkdir()
        (folder / "file").touch()
    (place.results / "old.mp4").touch()
    place.keep_passwords(["hb.qin secret"])
    assert stat.S_IMODE(place.people.stat().st_mode) == 0o600
    place.clear()
    assert (place.footage / "file").exists()
    assert not place.data.exists()
    assert not place.people.exists()
    assert list(place.results.iterdir()) == []


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "thesis.txt").touch()
    with pytest.raises(Conflict, match="demo-folder-foreign"):
        Workplace(tmp_path).clear()
    assert (tmp_path / "data" / "thesis.txt").exists()


def test_data_in_use_are_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = Workplace(tmp_path)
    place.clear()
    place.data.mkdir()
    monkeypatch.setattr(workplace, "running_dsn", lambda _: "postgresql://somewhere")
    with pytest.raises(Conflict, match="demo-in-use"):
        place.clear()
    assert place.data.exists()


def test_a_promise_that_is_not_kept_ends_the_run() -> None:
    with pytest.raises(BrokenPromiseError) as broken:
        Stage().promise(kept=False, slug="wrong-state", state="DRAFT")
    assert broken.value.slug == "demo-wrong-state"
    assert EXIT_CODES[broken.value.kind] == 1
