"""The tables of docs/reference.md that the program knows itself; `python -m tests.docs.reference` writes them anew."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from fastapi.routing import APIRoute

from broker.cli.program import EXIT_CODES, INTERNAL, INTERRUPTED
from broker.cli.texts import speak, tell
from broker.cli.tree import program
from broker.domain.oversight.audit import KINDS
from broker.settings import Settings
from broker.web.api.sources import health
from broker.web.app import PREFIX, ROUTERS
from broker.web.problems import STATUS
from tests.architecture.sources import ROOT

PAGE = ROOT / "docs" / "reference.md"
SECTION = re.compile(r"(<!-- generated: (?P<name>[a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table as Markdown writes it; bars in cells are escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def settings() -> str:
    """Return every setting with its default."""
    rows = []
    for name, field in Settings.model_fields.items():
        default = "–" if field.default is None else f"`{field.default}`"
        rows.append([f"`XUELIANG_{name.upper()}`", default, field.description or ""])
    return table(("setting", "default", "what it sets"), rows)


def commands() -> str:
    """Return every command with its arguments and options."""
    rows = [
        [f"`{' '.join(['xueliang', *path, *arguments])}`", about, " ".join(f"`{option}`" for option in options)]
        for path, arguments, options, about in all_commands()
    ]
    return table(("command", "what it does", "options"), rows)


Command = tuple[tuple[str, ...], list[str], list[str], str]


def all_commands() -> list[Command]:
    """Return path, arguments, options and purpose of every command."""
    speak("en")
    root = program()
    return list(_commands(root, root.make_context("xueliang", [], resilient_parsing=True), ()))


def _commands(group: Any, context: Any, path: tuple[str, ...]) -> Iterator[Command]:
    for name in group.list_commands(context):
        found, here = group.get_command(context, name), (*path, name)
        if hasattr(found, "list_commands"):
            yield from _commands(found, context, here)
            continue
        given = (each for each in found.params if each.param_type_name == "argument")
        arguments = [str(each.metavar or each.name.upper()) for each in given]
        shown = (each for each in found.params if each.param_type_name == "option" and not each.hidden)
        options = [flag for each in shown for flag in each.opts[:1]]
        about = tell(".".join(["help", *here])).partition("\n\n")[0]
        yield here, arguments, options, " ".join(about.split()).partition(". ")[0].rstrip(".")


def exits() -> str:
    """Return the kinds of errors with their status and their exit code."""
    rows = [["done", "2xx", "0"]]
    rows += [[kind, str(STATUS.get(kind, "–")), str(code)] for kind, code in EXIT_CODES.items()]
    rows += [["a fault of the program", "500", str(INTERNAL)], ["interrupted", "–", str(INTERRUPTED)]]
    return table(("kind", "HTTP status", "exit code"), rows)


def routes() -> str:
    """Return every route of the API with its purpose."""
    rows = []
    for prefix, router in [(PREFIX, router) for router in ROUTERS] + [("", health.router)]:
        for route in router.routes:
            if isinstance(route, APIRoute):
                english = (route.endpoint.__doc__ or "").partition("\n")[0].rpartition("。")[2].strip()
                rows.append([f"`{' '.join(sorted(route.methods or ()))} {prefix}{route.path}`", english])
    return table(("route", "purpose"), rows)


def kinds() -> str:
    """Return the kinds of events of the trace, by subject."""
    rows = []
    for subject in sorted({kind.partition(":")[0] for kind in KINDS}):
        acts = sorted(kind for kind in KINDS if kind.partition(":")[0] == subject)
        rows.append([f"`{subject}`", " ".join(f"`{act}`" for act in acts)])
    return table(("subject", "kinds"), rows)


SECTIONS: Mapping[str, Callable[[], str]] = {
    "settings": settings,
    "commands": commands,
    "exits": exits,
    "routes": routes,
    "kinds": kinds,
}


def written(page: str) -> str:
    """Return the page with every generated section as the program has it now."""
    return SECTION.sub(lambda found: f"{found[1]}{SECTIONS[found['name']]()}\n{found[3]}", page)


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
