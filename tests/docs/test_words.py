"""No file of the project names a place that only its authors have, or a host that packages are fetched from."""

import re
from pathlib import Path

import pytest

from tests.architecture.sources import named, project_files

# Put together here, so that this file does not hold what it looks for.
HOSTS = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("files", "pythonhosted", "org"),
        ("registry", "npmjs", "org"),
        ("deb", "debian", "org"),
    )
]
PLACES = ["work", "root"]
PATTERNS = [re.escape(host) for host in HOSTS] + [rf"(?<![\w.~*}}/-])/{place}(?:/|\b(?![\w.-]))" for place in PLACES]
WORDS = re.compile("|".join(PATTERNS))


def text(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "replace")


def test_no_file_holds_them() -> None:
    found = {
        named(path): sorted(set(WORDS.findall(text(path)))) for path in project_files() if WORDS.search(text(path))
    }
    assert found == {}


@pytest.mark.parametrize("line", [f"cd /{PLACES[0]}/main", f"`/{PLACES[1]}`", f"https://{HOSTS[0]}/simple"])
def test_they_are_noticed(line: str) -> None:
    assert WORDS.search(line)


@pytest.mark.parametrize("line", ["fs/root", "the root", "https://example.org/works", "a/works/b"])
def test_other_words_are_let_through(line: str) -> None:
    assert WORDS.search(line) is None
