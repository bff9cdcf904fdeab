"""Help: in both languages, for every command, without loading what the command would need."""

import subprocess
import sys

import pytest

from broker.cli.texts import tell
from tests.cli.conftest import Run
from tests.cli.tree import leaves

HEAVY = ("sqlalchemy", "fastapi", "cv2", "av", "casbin", "httpx")


@pytest.mark.parametrize(("language", "word"), [("zh_CN", "用法"), ("en", "Usage")])
@pytest.mark.parametrize("path", leaves(), ids=" ".join)
def test_every_command_has_a_page(
    path: tuple[str, ...], language: str, word: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XUELIANG_LANGUAGE", language)
    monkeypatch.setenv("COLUMNS", "100")
    ended = run(*path, "--help")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith(f"{word}")
    assert "help." not in ended.out
    assert "option." not in ended.out
    for line in ended.out.splitlines():
        assert line.strip().startswith(("$", "--")) or len(line) <= 100, line


def test_the_language_follows_the_session(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XUELIANG_LANGUAGE")
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.delenv("LC_MESSAGES", raising=False)
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    assert run("--help").out.startswith("Usage")
    monkeypatch.setenv("LANG", "C.UTF-8")
    assert run("--help").out.startswith("用法")


def test_examples_are_whole_lines(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    examples = [line for line in tell("help.catalog.import").splitlines() if line.startswith("$ ")]
    shown = run("catalog", "import", "--help").out
    assert len(examples) > 1
    assert "  $ xueliang catalog import points.csv --owner 990102-cg --dry-run" in shown.splitlines()


def test_a_group_without_a_command_shows_its_page(run: Run) -> None:
    ended = run("catalog")
    assert ended.code == 2
    assert "bind" in ended.out


def test_help_answers_without_loading_the_program() -> None:
    script = (
        "import sys; from broker.cli import main; assert main(['--help']) == 0; "
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "[]"


def test_version(run: Run) -> None:
    assert run("--version").out.startswith("xueliang ")
