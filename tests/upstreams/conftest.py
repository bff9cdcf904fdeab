"""Real recorders in a Debian of their own, with a camera whose every picture says when it was taken.

`make test-upstreams` runs these as root; the folder that it makes is kept for the next time. Nothing of it is installed
on the machine, and all that is started ends with the tests.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = os.environ.get("XUELIANG_UPSTREAMS", "")
UDP, RTSP = 5610, 8664
# The folder is entered with process numbers and mounts of its own; all of it ends when its first process does.
_ENTER = """
mount -t proc proc "$0/proc"
mount -t tmpfs tmpfs "$0/dev/shm"
exec chroot "$0" "$@"
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    why = "needs a folder with the real recorders, named by XUELIANG_UPSTREAMS: make test-upstreams"
    for item in items:
        if HERE in item.path.parents and not ROOT:
            item.add_marker(pytest.mark.skip(reason=why))


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the folder, complete."""
    subprocess.run(["/bin/sh", str(HERE / "root.sh"), ROOT], check=True, timeout=1800)
    return Path(ROOT)


@pytest.fixture(scope="session")
def camera(root: Path) -> Iterator[int]:
    """Return the port at which a camera can be watched by RTSP, at `/live`."""
    filming = subprocess.Popen([sys.executable, "-m", "tests.upstreams.camera", str(UDP)])
    try:
        with inside(root, "rtsp_live.py", str(RTSP), str(UDP), program="/usr/bin/python3"):
            yield RTSP
    finally:
        filming.kill()
        filming.wait()


@contextmanager
def inside(root: Path, script: str, *arguments: str, program: str = "/bin/sh") -> Iterator[None]:
    """Run a script of this folder in that one, from when it says that it serves to the end of the block."""
    shutil.copy(HERE / script, root / script)
    own = ["unshare", "--pid", "--fork", "--kill-child", "--mount", "--propagation", "private"]
    command = [*own, "/bin/sh", "-ec", _ENTER, str(root), program, f"/{script}", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            if not any(line.strip() == "serving" for line in process.stdout):
                pytest.fail(f"{script} ended before it served anything")
            yield
        finally:
            process.kill()
