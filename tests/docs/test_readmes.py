"""The two READMEs say the same, and the first lines say what it is for."""

from tests.architecture.sources import ROOT
from tests.docs.pages import commands, headings, links, read

ENGLISH = ROOT / "README.md"
CHINESE = ROOT / "README.zh-CN.md"


def test_they_have_the_same_headings() -> None:
    assert [level for level, _ in headings(ENGLISH)] == [level for level, _ in headings(CHINESE)]


def test_they_have_the_same_commands() -> None:
    assert commands(ENGLISH) == commands(CHINESE)
    assert commands(ENGLISH)[:2] == ["make demo", "make test"]


def test_they_have_the_same_links() -> None:
    own = {"README.md", "README.zh-CN.md"}
    assert set(links(ENGLISH)) - own == set(links(CHINESE)) - own


def test_they_have_the_same_lists() -> None:
    def points(text: str) -> int:
        return sum(line.startswith("- ") for line in text.splitlines())

    assert points(read(ENGLISH)) == points(read(CHINESE))


def test_what_it_never_does_is_said() -> None:
    assert "does not recognise or track persons, and it never will" in read(ENGLISH)
    assert "它不识别人，也不追踪人，以后也不会" in read(CHINESE)
