"""One-time codes at the keyboard: an option, or asked for. A code is good once, so it may stand on a command line."""

import sys
from typing import Annotated

import typer
from typer import Option

from broker.cli.texts import tell
from broker.domain.errors import Invalid

Code = Annotated[str | None, Option("--code", metavar="CODE")]


def known_code(given: str | None) -> str:
    """Return the code that was given, or ask for it.

    Raises:
        Invalid: there is no keyboard to ask at, and none was given.
    """
    if given is not None:
        return given
    if not sys.stdin.isatty():
        raise Invalid("code-nowhere", pointer="/code")
    return str(typer.prompt(tell("prompt.code"), err=True))
