"""`.ci/run` passes only when tests ran and passed; tried on made-up projects whose `make test` says various things."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT

MAKEFILE = """\
.venv/installed:
\t@mkdir -p .venv/bin && ln -s {python} .venv/bin/python && touch $@
test:
\t@echo '{line}'
\t@exit {status}
"""
CLOSINGS = {
    "passed": ("===== 12 passed, 1 skipped in 3.21s =====", 0, 0),
    "passed, slowly": ("===== 12 passed in 75.10s (0:01:15) =====", 0, 0),
    "failed": ("===== 1 failed, 11 passed in 3.21s =====", 1, 1),
    "no test ran": ("===== no tests ran in 0.01s =====", 0, 1),
    "all skipped": ("===== 3 skipped in 0.01s =====", 0, 1),
    "no closing line": ("nothing to do", 0, 1),
    "a check failed after the tests": ("===== 12 passed in 3.21s =====", 2, 1),
}


@pytest.mark.parametrize("case", CLOSINGS)
def test_ci_believes_only_tests_that_ran(case: str, tmp_path: Path) -> None:
    if shutil.which("make") is None or shutil.which("git") is None:
        pytest.skip("make and git are not here")
    line, status, wanted = CLOSINGS[case]
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci")
    text = MAKEFILE.format(python=sys.executable, line=line, status=status)
    (tmp_path / "Makefile").write_text(text, encoding="utf-8")
    answer = subprocess.run(
        [tmp_path / ".ci" / "run"],
        cwd=tmp_path.parent,
        env=os.environ | {"PYTHON": sys.executable},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert answer.returncode == wanted, answer.stdout + answer.stderr
    if wanted == 0:
        assert answer.stdout.splitlines()[-1] == line
