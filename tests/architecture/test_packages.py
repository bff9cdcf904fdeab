"""What is installed and what the locks say: one Casbin, no known hole, a digest a file, no host to fetch from."""

import re
import tomllib
from importlib.metadata import packages_distributions, version

import pytest

from tests.architecture.sources import ROOT

LOCKS = ("requirements.lock", "requirements-dev.lock")
PINNED = re.compile(r"^(?P<name>[a-z0-9]+(?:-[a-z0-9]+)*)==(?P<version>[^ ;\\]+)(?P<marker> ; [^\\]+)? \\$")
DIGEST = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")


def lock(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def pins(name: str) -> set[tuple[str, str]]:
    found = (PINNED.match(line) for line in lock(name).splitlines())
    return {(pin["name"], pin["version"]) for pin in found if pin}


def needs(lock_name: str) -> list[str]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    own: list[str] = settings["project"]["dependencies"]
    development: list[str] = settings["dependency-groups"]["dev"]
    return own if lock_name == "requirements.lock" else [*own, *development]


def test_one_distribution_provides_casbin() -> None:
    assert set(packages_distributions()["casbin"]) == {"pycasbin"}
    assert not {"casbin"} & {name for file in LOCKS for name, _ in pins(file)}


def test_simpleeval_has_its_hole_closed() -> None:
    assert tuple(int(part) for part in version("simpleeval").split(".")[:3]) >= (1, 0, 5)
    for file in LOCKS:
        (pinned,) = {found for name, found in pins(file) if name == "simpleeval"}
        assert tuple(int(part) for part in pinned.split(".")[:3]) >= (1, 0, 5)


@pytest.mark.parametrize("file", LOCKS)
def test_a_lock_holds_pins_and_digests_and_nothing_else(file: str) -> None:
    lines = lock(file).splitlines()
    assert [line for line in lines if not PINNED.match(line) and not DIGEST.match(line)] == []
    for here, after in zip(lines, [*lines[1:], ""], strict=True):
        if PINNED.match(here):
            assert DIGEST.match(after), f"{here} has no digest"


@pytest.mark.parametrize("file", LOCKS)
def test_a_lock_holds_what_the_project_needs(file: str) -> None:
    names = {name for name, _ in pins(file)}
    for need in needs(file):
        assert re.split(r"[ \[<>=;]", need)[0].replace("_", "-") in names, need


def test_both_locks_agree() -> None:
    assert pins("requirements.lock") <= pins("requirements-dev.lock")
