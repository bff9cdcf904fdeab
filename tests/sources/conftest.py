"""A source with a password, installed as a package of others would be, and what it tells."""

import importlib
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from broker.bootstrap import Broker, operator
from broker.domain.catalog.catalog import Source
from broker.domain.time import TimeSpan
from broker.services.sources.sources import NewSource
from tests.city import City

PASSWORD = "correct-horse-0815"


@dataclass(frozen=True)
class Vault:
    """The far side of a source."""

    folder: Path

    def tells(self, *recorded: TimeSpan, password: str = PASSWORD, ahead: float | None = None) -> None:
        spans = [(span.begin.isoformat(), span.seconds) for span in recorded]
        found = {"password": password, "recorded": spans, "ahead": ahead}
        (self.folder / "vault.json").write_text(json.dumps(found))

    def vanishes(self) -> None:
        (self.folder / "vault.json").unlink()

    @property
    def asked(self) -> int:
        """How many times it was asked what is recorded."""
        file = self.folder / "asked"
        return int(file.read_text()) if file.exists() else 0

    @property
    def options(self) -> dict[str, object]:
        return {"folder": str(self.folder), "password": PASSWORD}


@pytest.fixture
def vault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Vault]:
    """Install the adapter of `tests.sources.vault`; the source answers and has nothing recorded."""
    site = tmp_path / "site"
    metadata = site / "vault-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: vault\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[xueliang.adapters]\nvault = tests.sources.vault:VaultAdapter\n")
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2]))
    importlib.invalidate_caches()
    folder = tmp_path / "vault"
    folder.mkdir()
    far = Vault(folder)
    far.tells()
    yield far
    sys.path_importer_cache.pop(str(site), None)


def added(broker: Broker, vault: Vault, **more: object) -> Source:
    """Add the source to the city."""
    new = NewSource("vault", "金库", "vault", {**vault.options, **more}, "dh-cg", 2)
    return broker.sources.add(operator("tests"), new)


def bound(broker: Broker, city: City, vault: Vault) -> Source:
    """Add the source and bind the first camera of the owner to it."""
    source = added(broker, vault)
    broker.catalog.bind(operator("tests"), city.cameras_of("dh-cg")[0].gb_code or "", "vault", "01")
    return source
