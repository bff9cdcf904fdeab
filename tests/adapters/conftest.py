"""Recordings of a few seconds, made once; and adapters that misbehave, installed as a package of others would be."""

import importlib
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.gateway import Gateway
from adapters.local_files import LocalFilesAdapter
from adapters.media.testcard import write_recording
from tests.adapters.playback import Stored, channels_of, stored
from tests.adapters.recordings import CHANNEL, NAME, SECONDS, START, STYLES, Recording

GIGABYTE = 1024**3
ADAPTERS = {
    "faulty": "tests.adapters.faulty:FaultyAdapter",
    "unimportable": "tests.adapters.no_such_module:Adapter",
    "no_adapter": "tests.adapters.faulty:Path",
}


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Recording]:
    """Return the recording in a style, written when first asked for."""
    made: dict[str, Recording] = {}

    def make(style: str) -> Recording:
        if style not in made:
            folder = tmp_path_factory.mktemp(style)
            files = write_recording(folder, CHANNEL, START, SECONDS / 60, style=STYLES[style], name=NAME)
            made[style] = Recording(folder, tuple(files))
        return made[style]

    return make


@pytest.fixture(scope="session")
def other(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """Return the recording of a camera that was there a minute longer: its pictures have other numbers."""
    folder = tmp_path_factory.mktemp("other")
    begin = START - timedelta(seconds=12)
    return Recording(folder, tuple(write_recording(folder, "other", begin, 0.6, style=STYLES["cfr"])))


@pytest.fixture
def channels(recording: Callable[[str], Recording], other: Recording) -> dict[str, list[Stored]]:
    """Return what a playback server has of two cameras."""
    return {**channels_of(recording("cfr")), "other": stored(other)}


@pytest.fixture
def adapter(recording: Callable[[str], Recording]) -> LocalFilesAdapter:
    return LocalFilesAdapter.configured({"folder": str(recording("gap").folder)})


@pytest.fixture
def gateway() -> Gateway:
    return Gateway(timedelta(seconds=60), 2 * GIGABYTE)


@pytest.fixture
def faulty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Install the adapter of `tests.adapters.faulty` under the name that is returned."""
    site = tmp_path / "site"
    metadata = site / "faulty-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: faulty\nVersion: 1.0\n")
    entries = "".join(f"{name} = {value}\n" for name, value in ADAPTERS.items())
    (metadata / "entry_points.txt").write_text(f"[xueliang.adapters]\n{entries}")
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2]))
    importlib.invalidate_caches()
    yield "faulty"
    sys.path_importer_cache.pop(str(site), None)
