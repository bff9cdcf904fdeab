"""The documents of the project, as the tests read them."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.architecture.sources import ROOT, project_files

HEADING = re.compile(r"^(#{1,6}) (.+)$", re.MULTILINE)
FENCED = re.compile(r"^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!!)\[(?P<text>[^\]]*)\]\((?P<target>[^)\s]+)\)")


@cache
def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def pages() -> list[Path]:
    return [path for path in project_files() if path.suffix == ".md"]


def prose(path: Path) -> str:
    """Return a page without its blocks of code, in which a # begins no heading."""
    return FENCED.sub("", read(path))


def headings(path: Path) -> list[tuple[int, str]]:
    """Return the level and the text of each heading."""
    return [(len(marks), text) for marks, text in HEADING.findall(prose(path))]


def anchors(path: Path) -> set[str]:
    """Return what a link to a heading of this page ends in."""
    texts = (re.sub(r"[^\w\- ]", "", text.lower()) for _, text in headings(path))
    return {text.strip().replace(" ", "-") for text in texts}


def links(path: Path) -> Iterator[str]:
    return (found["target"] for found in LINK.finditer(prose(path)))


def commands(path: Path) -> list[str]:
    """Return what a page tells people to type, without prompt and comment, in the order of the page."""
    found = []
    for block in FENCED.finditer(read(path)):
        if block["language"] == "console":
            lines = (line for line in block["text"].splitlines() if line.startswith("$ "))
            found += [line.removeprefix("$ ").partition(" #")[0].strip() for line in lines]
    return found


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()
