"""How commands are declared: Typer takes the arguments apart, all texts come from the catalogue by the command's path.

The help of `xueliang catalog import` stands under `help.catalog.import`, its option `--owner` under
`option.catalog.import.owner`, or `option.owner` where several commands share it.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Annotated, Any, TypeVar

from typer import Option, Typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from broker.cli import help_page
from broker.domain.errors import Invalid

Body = TypeVar("Body", bound=Callable[..., Any])

Json = Annotated[bool, Option("--json")]
Limit = Annotated[int, Option(min=1, max=10_000)]


class Verb(TyperCommand):
    """A command whose help comes from the catalogue."""

    def get_help(self, ctx: Any) -> str:
        return help_page.of_command(ctx, self)


class Group(TyperGroup):
    """A group whose help comes from the catalogue, and which knows what a mistyped verb may have meant."""

    def get_help(self, ctx: Any) -> str:
        return help_page.of_group(ctx, self)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            known = ", ".join(self.list_commands(ctx))
            raise Invalid("usage-no-such-command", command=f"{ctx.command_path} {name}", known=known)
        return super().resolve_command(ctx, args)


class Root(Group):
    """The program itself: a module is imported when its command is asked for, so that `--help` answers at once."""

    modules: Mapping[str, str] = {}

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002  # the framework hands it over
        return list(self.modules)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002  # the framework hands it over
        module = self.modules.get(cmd_name)
        if module is None:
            return None
        found = get_command(import_module(module).app)
        found.name = cmd_name
        return found


class Noun(Typer):
    """A group of commands, or a single one."""

    def __init__(self, cls: type[Group] = Group) -> None:
        super().__init__(
            cls=cls,
            add_completion=False,
            rich_markup_mode=None,
            no_args_is_help=True,
            pretty_exceptions_enable=False,
            context_settings={"help_option_names": ["--help", "-h"]},
        )

    def verb(self, name: str) -> Callable[[Body], Body]:
        """Declare a function as a command; its texts stand in the catalogue, not in the docstring."""
        return self.command(name, cls=Verb, help=" ")
