"""The commands of the program and the modules they live in, in the order in which `--help` lists them."""

from importlib.metadata import version as installed_version
from typing import Annotated

from typer import Exit, Option, echo
from typer.main import get_group

from broker.cli.grammar import Group, Noun, Root


class Program(Root):
    """`xueliang`."""

    modules = {  # noqa: RUF012  # a constant of the class
        "demo": "broker.cli.demo",
        "serve": "broker.cli.serve",
        "worker": "broker.cli.worker",
        "db": "broker.cli.database",
        "department": "broker.cli.departments",
        "user": "broker.cli.accounts",
        "delegation": "broker.cli.delegations",
        "absence": "broker.cli.absences",
        "source": "broker.cli.sources",
        "webhook": "broker.cli.webhooks",
        "mail": "broker.cli.mail",
        "catalog": "broker.cli.catalog",
        "import": "broker.cli.imports",
        "division": "broker.cli.divisions",
        "point": "broker.cli.point_health",
        "maintenance": "broker.cli.maintenance",
        "login": "broker.cli.login",
        "logout": "broker.cli.logout",
        "second-factor": "broker.cli.second_factor",
        "step-up": "broker.cli.step_up",
        "route": "broker.cli.routes",
        "request": "broker.cli.access_requests",
        "grant": "broker.cli.grants",
        "emergency": "broker.cli.emergency",
        "inbox": "broker.cli.inbox",
        "statistics": "broker.cli.statistics",
        "measures": "broker.cli.measures",
        "lock": "broker.cli.locks",
        "hold": "broker.cli.holds",
        "retrieve": "broker.cli.retrievals",
        "copies": "broker.cli.copies",
        "package": "broker.cli.packages",
        "evidence": "broker.cli.evidence",
        "register": "broker.cli.register",
        "notice": "broker.cli.notices",
        "policy": "broker.cli.policies",
        "audit": "broker.cli.audit",
    }


app = Noun(cls=Program)


def _version(asked: bool) -> None:
    if asked:
        echo(f"xueliang {installed_version('xueliang')}")
        raise Exit


@app.callback(help=" ")
def _program(
    version: Annotated[bool, Option("--version", callback=_version, is_eager=True)] = False,
) -> None:
    """Hold the options of the program itself."""


def program() -> Group:
    """Return the root of the commands."""
    found = get_group(app)
    if not isinstance(found, Group):
        raise TypeError("the root of the commands is no group of ours")
    return found
