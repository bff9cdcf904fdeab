"""What the documents tell people to type is there: commands, options, verbs of the Makefile."""

import re
import shlex
import shutil
import subprocess
from itertools import takewhile
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT
from tests.docs import reference
from tests.docs.pages import commands, pages, read, shown

MAKEFILE = read(ROOT / "Makefile")
VERBS = set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))
OPTIONS = {tuple(path): {*options, "--help"} for path, _, options, _ in reference.all_commands()}


def typed(page: Path) -> list[list[str]]:
    return [shlex.split(line) for line in commands(page)]


def fault(words: list[str]) -> str:
    """Return what is wrong with one command of ours, or nothing."""
    if set(words) <= {"--help", "--version"}:
        return ""
    path = next((key for key in OPTIONS if tuple(words[: len(key)]) == key), None)
    if path is None:
        return f"no such command: {' '.join(words)}"
    given = {word.partition("=")[0] for word in words if word.startswith("--")}
    unknown = given - OPTIONS[path]
    return f"{' '.join(path)} has no {sorted(unknown)}" if unknown else ""


def own_part(words: list[str]) -> list[str] | None:
    """Return the arguments of our program in a line, None where it is not called."""
    called = [place for place, word in enumerate(words) if Path(word).name == "xueliang" and not word.startswith("-")]
    if not called or words[0] in {"tar", "docker"}:
        return None
    return list(takewhile(lambda word: word not in {"|", ";", "&&", "<"}, words[called[-1] + 1 :]))


@pytest.mark.parametrize("page", pages(), ids=shown)
def test_commands_are_there(page: Path) -> None:
    parts = [own_part(words) for words in typed(page)]
    assert [told for part in parts if part is not None and (told := fault(part))] == []


@pytest.mark.parametrize("page", pages(), ids=shown)
def test_verbs_are_in_the_makefile(page: Path) -> None:
    named = {words[1] for words in typed(page) if words[0] == "make" and len(words) > 1}
    named |= set(re.findall(r"`make ([a-z]+)", read(page)))
    assert named <= VERBS


def test_a_wrong_command_is_noticed() -> None:
    assert fault(["catalog", "import", "points.csv", "--owner", "x"]) == ""
    assert "no such command" in fault(["catalog", "publish"])
    assert "--nobody" in fault(["catalog", "import", "points.csv", "--nobody"])


def test_help_lists_every_verb() -> None:
    if shutil.which("make") is None:
        pytest.skip("make is not here")
    answer = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S607
    assert set(re.findall(r"^  make ([a-z]+) ", answer.stdout, re.MULTILINE)) == VERBS


def test_ci_runs_the_test_command_of_the_readme() -> None:
    assert re.search(r"^\{ \$limit make test 2>&1 ", read(ROOT / ".ci" / "run"), re.MULTILINE)
    assert "make test" in commands(ROOT / "README.md")
