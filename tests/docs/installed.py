"""The program as whoever has its wheel has it: built, installed over the libraries that the lock names, and run."""

import os
import re
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from shutil import copy2, which

from tests.architecture.sources import PACKAGES, ROOT, named, project_files

BUILD = ROOT / "docker" / "build.sh"
PLAIN = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
PATIENCE = 60.0


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    """Run something to its good end, in an environment of its own, and return what it says."""
    return _finished([str(part) for part in command], cwd, PLAIN | {"HOME": str(cwd)} | environment)


def built(place: Path) -> Path:
    """Build the wheel with the step of the image, and the backend that is installed here."""
    run(BUILD, "wheel", sys.executable, place / "wheel", cwd=place)
    return _wheel(place)


def built_alone(place: Path) -> Path:
    """Build the wheel from a clean copy of the sources, in an environment that pip makes, on a machine of no programs.

    Neither a bundle that was made before nor packages of Node are in the copy; backend, Node and they are fetched as
    pip and npm are configured here.
    """
    wanted = (*(f"{package}/" for package in PACKAGES), "pyproject.toml", "README.md", "LICENSE")
    for path in project_files():
        if named(path).startswith(wanted):
            copied = place / "source" / named(path)
            copied.parent.mkdir(parents=True, exist_ok=True)
            copy2(path, copied)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", place / "wheel"]
    _finished([str(part) for part in (*command, place / "source")], place, os.environ | {"PATH": poor(place)})
    return _wheel(place)


def installed(wheel: Path, place: Path) -> Path:
    """Install a wheel with the step of the image; returns its environment, which holds no library for development."""
    made = place / "venv"
    run(sys.executable, "-m", "venv", "--without-pip", made, cwd=place)
    (site,) = made.glob("lib/python*/site-packages")
    (site / "libraries.pth").write_text(f"{_libraries(place)}\n", encoding="utf-8")
    run(BUILD, "program", made, wheel.parent, cwd=place, PATH=poor(place))
    return made


def poor(place: Path) -> str:
    """Return a PATH that leads to the two programs that the steps of the image are written with, and to no other."""
    folder = place / "programs"
    for name in ("dirname", "readlink"):
        if not (folder / name).exists():
            folder.mkdir(exist_ok=True)
            (folder / name).symlink_to(str(which(name)))
    return str(folder)


@contextmanager
def served(venv: Path, place: Path, **environment: str) -> Iterator[str]:
    """Run the installed program as a server, and give its address."""
    log = place / "serve"
    given = {"PATH": poor(place), "HOME": str(place), "LANG": "C.UTF-8", "XUELIANG_WORKERS": "0", **environment}
    with log.open("wb") as file:
        command = [str(venv / "bin" / "xueliang"), "serve", "--port", "0"]
        process = subprocess.Popen(command, cwd=place, env=given, stdout=file, stderr=subprocess.STDOUT)
    try:
        over = time.monotonic() + PATIENCE
        while not (found := re.search(r"http://127\.0\.0\.1:\d+", log.read_text(encoding="utf-8"))):
            assert process.poll() is None, log.read_text(encoding="utf-8")
            assert time.monotonic() < over, log.read_text(encoding="utf-8")
            time.sleep(0.05)
        yield found[0]
    finally:
        process.terminate()
        process.wait()


def _libraries(place: Path) -> Path:
    """Lay there what requirements.lock names, as it is installed in this environment."""
    libraries, here = place / "libraries", Path(sysconfig.get_path("purelib"))
    libraries.mkdir()
    locks = [(ROOT / name).read_text(encoding="utf-8") for name in ("requirements.lock", "requirements-faces.lock")]
    for name in ("pip", *re.findall(r"^([a-z0-9.-]+)==", "\n".join(locks), re.MULTILINE)):
        for top in _tops(name) - {entry.name for entry in libraries.iterdir()}:
            (libraries / top).symlink_to(here / top)
    return libraries


def _tops(name: str) -> set[str]:
    """Return the folders and files of a distribution; none where this machine needs it not."""
    try:
        return {file.parts[0] for file in files(name) or ()} - {"..", "__pycache__"}
    except PackageNotFoundError:
        return set()


def _wheel(place: Path) -> Path:
    (found,) = (place / "wheel").glob("*.whl")
    return found


def _finished(command: list[str], cwd: Path, environment: dict[str, str]) -> str:
    answer = subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=280
    )  # fmt: skip
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return answer.stdout
