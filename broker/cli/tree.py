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
        "serve": "broker.cli.house.serve",
        "worker": "broker.cli.house.worker",
        "db": "broker.cli.house.database",
        "job": "broker.cli.house.jobs",
        "department": "broker.cli.people.departments",
        "user": "broker.cli.people.accounts",
        "delegation": "broker.cli.deciding.delegations",
        "absence": "broker.cli.deciding.absences",
        "source": "broker.cli.sources.sources",
        "webhook": "broker.cli.notices.webhooks",
        "mail": "broker.cli.notices.mail",
        "catalog": "broker.cli.catalog.catalog",
        "import": "broker.cli.catalog.imports",
        "division": "broker.cli.catalog.divisions",
        "point": "broker.cli.sources.point_health",
        "maintenance": "broker.cli.sources.maintenance",
        "login": "broker.cli.people.login",
        "logout": "broker.cli.people.logout",
        "second-factor": "broker.cli.people.second_factor",
        "step-up": "broker.cli.people.step_up",
        "route": "broker.cli.deciding.routes",
        "request": "broker.cli.requests.access_requests",
        "grant": "broker.cli.footage.grants",
        "emergency": "broker.cli.deciding.emergency",
        "inbox": "broker.cli.requests.inbox",
        "statistics": "broker.cli.oversight.statistics",
        "measures": "broker.cli.oversight.measures",
        "lock": "broker.cli.footage.locks",
        "hold": "broker.cli.oversight.holds",
        "retrieve": "broker.cli.footage.retrievals",
        "copies": "broker.cli.footage.copies",
        "package": "broker.cli.footage.packages",
        "evidence": "broker.cli.footage.evidence",
        "register": "broker.cli.oversight.register",
        "notice": "broker.cli.notices.notices",
        "policy": "broker.cli.deciding.policies",
        "audit": "broker.cli.oversight.audit",
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
