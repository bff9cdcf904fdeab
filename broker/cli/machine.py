"""Commands of the machine's operator: they work on the database directly, under the operating system's user name."""

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

from typer import Option

from broker.bootstrap import Broker, open_broker, operator
from broker.cli.crash import quiet
from broker.domain.people.accounts import Caller
from broker.settings import Settings, read_settings

Data = Annotated[Path | None, Option("--data", metavar="DIR")]


def settings_for(data: Path | None, **overrides: object) -> Settings:
    """Return the settings, with the data directory of the command line if one is given."""
    given = {name: value for name, value in overrides.items() if value is not None}
    return read_settings(**({"data": data} if data is not None else {}), **given)


@contextmanager
def at_the_machine(data: Path | None) -> Iterator[tuple[Broker, Caller]]:
    """Open the broker for the operator; a server that runs on the same data goes on running."""
    quiet()
    with open_broker(settings_for(data)) as broker:
        yield broker, operator(user_name())


def user_name() -> str:
    """Return the name the trace will have for the operator; containers may run under a number without a name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid-{os.getuid()}"
