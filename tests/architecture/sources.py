"""What the tests of the architecture look at: the files of the project, and their syntax trees."""

import ast
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("adapters", "broker", "policies", "storage")
MADE = {"build", "dist", "node_modules", "xueliang-data", "xueliang-demo", "screenshots", "__pycache__"}
"""Directories that programs make; beside them, whatever starts with a dot but `.ci`."""


@cache
def project_files() -> tuple[Path, ...]:
    """Return every file that belongs to the project, without what tools and programs have made."""
    return tuple(sorted(_walk(ROOT)))


def _walk(directory: Path) -> Iterator[Path]:
    for entry in os.scandir(directory):
        if entry.is_dir(follow_symlinks=False):
            hidden = entry.name.startswith(".") and entry.name != ".ci"
            if entry.name not in MADE and not hidden and not entry.name.endswith(".egg-info"):
                yield from _walk(Path(entry.path))
        elif not entry.name.startswith(".coverage"):
            yield Path(entry.path)


def python_files(*tops: str) -> tuple[Path, ...]:
    """Return the Python files below the named directories of the project; a file may be named itself."""
    below = tuple(ROOT / top for top in tops)
    return tuple(
        path for path in project_files() if path.suffix == ".py" and any(path.is_relative_to(it) for it in below)
    )


@cache
def tree(path: Path) -> ast.Module:
    """Return the syntax tree of a file, read once."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def named(path: Path) -> str:
    """Return the path as a person writes it, from the top of the project."""
    return path.relative_to(ROOT).as_posix()


def called(call: ast.Call) -> str:
    """Return the last part of what is called: `f` for `f()`, `a.b.f()` and `a().f()`."""
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def text_of(node: ast.AST | None) -> str | None:
    """Return the value of a string constant, None for anything else."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
