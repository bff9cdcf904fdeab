"""CHANGELOG.md follows Keep a Changelog, and knows the version that pyproject.toml names."""

import re
import tomllib
from datetime import date

from tests.architecture.sources import ROOT
from tests.docs.pages import headings, read

PAGE = ROOT / "CHANGELOG.md"
SECTIONS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
RELEASE = re.compile(r"\[(\d+\.\d+\.\d+)\] - (\d{4}-\d{2}-\d{2})")


def releases() -> list[tuple[str, str]]:
    texts = [text for level, text in headings(PAGE) if level == 2]
    assert texts[0] == "[Unreleased]"
    found = [RELEASE.fullmatch(text) for text in texts[1:]]
    assert all(found), texts
    return [(it[1], it[2]) for it in found if it]


def test_releases_stand_newest_first() -> None:
    numbers = [tuple(int(part) for part in version.split(".")) for version, _ in releases()]
    assert numbers == sorted(numbers, reverse=True)
    days = [date.fromisoformat(day) for _, day in releases()]
    assert days == sorted(days, reverse=True)


def test_only_known_sections() -> None:
    assert {text for level, text in headings(PAGE) if level == 3} <= SECTIONS


def test_the_version_of_the_project_is_in_it() -> None:
    project = tomllib.loads(read(ROOT / "pyproject.toml"))["project"]
    assert project["version"] in {version for version, _ in releases()}


def test_it_begins_as_the_format_asks() -> None:
    assert read(PAGE).startswith("# Changelog\n")
    assert "keepachangelog.com" in read(PAGE)
    assert "semver.org" in read(PAGE)
