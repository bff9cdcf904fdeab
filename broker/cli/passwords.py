"""Passwords at the keyboard: asked for without an echo, read from a pipe, or made up; never an argument."""

import secrets
import sys
from typing import Annotated

import typer
from typer import Option

from broker.cli.texts import tell
from broker.domain.errors import Invalid

FromInput = Annotated[bool, Option("--password-stdin")]
Generated = Annotated[bool, Option("--generate-password")]


class Secret:
    """A password on its way; its text does not show in a stack trace."""

    def __init__(self, text: str) -> None:
        self._text = text

    def get(self) -> str:
        """Return the text."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(…)"


def new_password(*, stdin: bool, generate: bool) -> Secret:
    """Return a password for an account: made up, from standard input, or typed twice."""
    if generate:
        return Secret(secrets.token_urlsafe(15))
    return known_password(stdin=stdin, twice=True)


def known_password(*, stdin: bool, twice: bool = False, prompt: str = "prompt.password") -> Secret:
    """Return a password from standard input or the keyboard.

    Raises:
        Invalid: there is no keyboard to ask at, and no other way was chosen.
    """
    if stdin:
        return Secret(sys.stdin.readline().rstrip("\r\n"))
    if not sys.stdin.isatty():
        raise Invalid("password-nowhere", pointer="/password")
    again: bool | str = tell("prompt.again") if twice else False
    return Secret(str(typer.prompt(tell(prompt), hide_input=True, confirmation_prompt=again, err=True)))
