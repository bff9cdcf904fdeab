"""Every command of the program with its path."""

from collections.abc import Iterator
from typing import Any

from broker.cli.tree import program


def commands() -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield the groups and the commands in them, the program itself first."""
    yield from _below((), program())


def leaves() -> list[tuple[str, ...]]:
    """Return the paths of the commands that do something."""
    return [path for path, command in commands() if not hasattr(command, "list_commands")]


def _below(path: tuple[str, ...], command: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield path, command
    if hasattr(command, "list_commands"):
        for name in command.list_commands(None):
            yield from _below((*path, name), command.get_command(None, name))
