"""One key for all packages of these tests."""

from pathlib import Path

import pytest

from tests.evidence.made import House, house, package


@pytest.fixture(scope="session")
def signer(tmp_path_factory: pytest.TempPathFactory) -> House:
    return house(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="session")
def packed(signer: House) -> bytes:
    return package(signer, sm3=True)


@pytest.fixture
def archive(packed: bytes, tmp_path: Path) -> Path:
    path = tmp_path / "package.zip"
    path.write_bytes(packed)
    return path
