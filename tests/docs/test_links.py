"""Every relative link of every page leads somewhere."""

from pathlib import Path

import pytest

from tests.docs.pages import anchors, links, pages, shown

ELSEWHERE = ("https://", "http://", "mailto:")


def dead_links(page: Path) -> list[str]:
    dead = []
    for target in links(page):
        if not target.startswith(ELSEWHERE):
            file, _, anchor = target.partition("#")
            found = (page.parent / file).resolve() if file else page
            if not found.exists() or (anchor and anchor not in anchors(found)):
                dead.append(target)
    return dead


@pytest.mark.parametrize("page", pages(), ids=shown)
def test_links_lead_somewhere(page: Path) -> None:
    assert dead_links(page) == []


def test_a_dead_link_is_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# One two\n\n[a](#one-two) [b](#three) [c](page.md) [d](none.md) [e](https://x.example)\n")
    assert dead_links(page) == ["#three", "none.md"]
