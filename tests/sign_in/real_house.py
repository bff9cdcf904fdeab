"""A certified provider on this machine: `oidc-provider` of npm, run by Node.

It is fetched once into a folder that git ignores; where Node, npm or the package is not to be had, the tests are
skipped by name. XUELIANG_OIDC_PROVIDER names a folder that has it already.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.sign_in.house import CLIENT, House

PACKAGE = "oidc-provider@9.13.3"
SECRET = "a-secret-of-forty-characters-or-so-it-seems"
QUIET = ("--no-audit", "--no-fund", "--no-update-notifier", "--ignore-scripts", "--fetch-retries=0")


def fetched() -> Path:
    """Return a folder in which the package is installed, or skip."""
    named = os.environ.get("XUELIANG_OIDC_PROVIDER")
    place = Path(named) if named else Path(__file__).parent / "build"
    if (place / "node_modules" / "oidc-provider").is_dir():
        return place
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("needs node and npm, to run oidc-provider: a real provider")
    place.mkdir(parents=True, exist_ok=True)
    fetched = subprocess.run(
        [npm, "install", *QUIET, "--fetch-timeout=20000", "--prefix", str(place), PACKAGE],
        capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    if fetched.returncode != 0:
        pytest.skip(f"needs {PACKAGE} of npm, a real provider, which could not be fetched")
    return place


@contextmanager
def running(folder: Path, back: str) -> Iterator[House]:
    """Run the provider; `back` is the address that it sends browsers back to."""
    script = Path(__file__).with_name("real_house.mjs")
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs node, to run oidc-provider: a real provider")
    command = [node, str(script), str(folder), back, CLIENT, SECRET]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            port = next((line.split()[1] for line in process.stdout if line.startswith("serving ")), None)
            assert port is not None, "the provider ended before it served anything"
            yield House(f"http://127.0.0.1:{port}")
        finally:
            process.kill()
