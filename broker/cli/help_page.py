"""A page of help: what it does, how it is called, its options, examples; in the language of the person."""

import re
from collections.abc import Iterable
from enum import Enum
from shutil import get_terminal_size
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from broker.cli.texts import known, tell

WIDEST = 100
_WIDE_BREAK = re.compile(r"(?<=[\u3000-\uffef])\n(?=[\u3000-\uffef])")
_LINE_BREAK = re.compile(r"(?<!\n)\n(?!\n)")


def of_command(ctx: Any, command: Any) -> str:
    """Return the page of one command."""
    path = _path(ctx)
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    options = [each for each in command.get_params(ctx) if each.param_type_name == "option" and not each.hidden]
    usage = " ".join([ctx.command_path, tell("help-page.options-mark"), *(_argument(each) for each in arguments)])
    return _page(
        usage,
        _slug("help", path),
        ("help-page.arguments", [(_argument(each), _about(path, each)) for each in arguments]),
        ("help-page.options", [(_option(each), _about(path, each)) for each in options]),
    )


def of_group(ctx: Any, group: Any) -> str:
    """Return the page of a group: its commands, each with the first line of its help."""
    path = _path(ctx)
    names = group.list_commands(ctx)
    options = [each for each in group.get_params(ctx) if not each.hidden]
    return _page(
        f"{ctx.command_path} {tell('help-page.command-mark')}",
        _slug("help", path),
        ("help-page.commands", [(name, _first_line(_slug("help", [*path, name]))) for name in names]),
        ("help-page.options", [(_option(each), _about(path, each)) for each in options]),
    )


def option_slug(path: Iterable[str], name: str) -> str:
    """Return where the text of an option stands: under its command, else under its name alone."""
    own = _slug("option", [*path, name])
    return own if known(own) else f"option.{name}"


def _page(usage: str, slug: str, *sections: tuple[str, list[tuple[str, str]]]) -> str:
    about, _, examples = tell(slug).partition("\n\n$ ")
    parts: list[RenderableType] = [Text(f"{tell('help-page.usage')} {usage}"), Text(), Text(_reflowed(about))]
    for title, rows in sections:
        if rows:
            parts += [Text(), Text(tell(title)), Padding(_columns(rows), (0, 0, 0, 2))]
    if examples:
        parts += [Text(), Text(tell("help-page.examples"))]
    console = Console(width=min(get_terminal_size().columns, WIDEST), color_system=None, highlight=False)
    with console.capture() as captured:
        console.print(Group(*parts))
    page = [line.rstrip() for line in captured.get().rstrip().splitlines()]
    # Examples are for copying: whatever the width, a line stays a line.
    return "\n".join([*page, *(f"  {line}" for line in f"$ {examples}".splitlines() if examples)])


def _reflowed(text: str) -> str:
    """Join the lines of each paragraph; between Chinese characters there is no blank."""
    return _LINE_BREAK.sub(" ", _WIDE_BREAK.sub("", text))


def _columns(rows: list[tuple[str, str]]) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for left, right in rows:
        grid.add_row(Text(left), Text(right))
    return grid


def _path(ctx: Any) -> list[str]:
    """Return the names of the commands from below the program down to this one."""
    names: list[str] = []
    while ctx.parent is not None:
        names.insert(0, ctx.command.name)
        ctx = ctx.parent
    return names


def _slug(kind: str, path: Iterable[str]) -> str:
    return ".".join([kind, *path])


def _first_line(slug: str) -> str:
    return tell(slug).partition("\n")[0]


def _argument(parameter: Any) -> str:
    name = _value(parameter) + ("…" if parameter.nargs == -1 else "")
    return name if parameter.required else f"[{name}]"


def _option(parameter: Any) -> str:
    flags = ", ".join([*sorted(parameter.opts, key=len), *parameter.secondary_opts])
    return flags if _is_flag(parameter) else f"{flags} {_value(parameter)}"


def _is_flag(parameter: Any) -> bool:
    return bool(getattr(parameter, "is_flag", False))


def _value(parameter: Any) -> str:
    return str(parameter.metavar or parameter.name.upper().replace("_", "-"))


def _about(path: list[str], parameter: Any) -> str:
    marks = []
    if parameter.required and parameter.param_type_name == "option":
        marks.append(tell("help-page.required"))
    if getattr(parameter, "multiple", False):
        marks.append(tell("help-page.repeated"))
    value = parameter.default
    if isinstance(value, (str, int)) and not isinstance(value, bool) and value != "":
        shown = value.value if isinstance(value, Enum) else value
        marks.append(tell("help-page.default", value=shown))
    return " ".join([tell(option_slug(path, parameter.name)), *marks])
