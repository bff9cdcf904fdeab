"""`xueliang source`: where footage lies, by the machine's operator."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

from typer import Argument, Exit, Option

from broker.bootstrap import Broker
from broker.cli import screen
from broker.cli.grammar import Json, Noun
from broker.cli.machine import Data, at_the_machine
from broker.cli.paging import every
from broker.domain.accounts import Caller
from broker.domain.catalog import Source
from broker.domain.errors import Invalid
from broker.services.sources import NewSource

COLUMNS = ("code", "name", "adapter", "sessions")
FAULTY = 7

Code = Annotated[str, Argument(metavar="CODE")]

app = Noun()


@app.verb("add")
def add(
    code: Code,
    *,
    name: Annotated[str, Option("--name")],
    department: Annotated[str, Option("--department", metavar="CODE")],
    adapter: Annotated[str, Option("--adapter")] = "local_files",
    option: Annotated[list[str] | None, Option("--option", metavar="NAME=VALUE")] = None,
    options_file: Annotated[Path | None, Option("--options-file", metavar="FILE")] = None,
    sessions: Annotated[int, Option("--sessions")] = 1,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Add a source; it is not asked yet, `probe` does that."""
    options = _options(option or (), options_file)
    with at_the_machine(data) as (broker, me):
        new = NewSource(code, name, adapter, options, department, sessions)
        screen.fields(_record(broker.sources.add(me, new)), as_json=as_json)


@app.verb("list")
def list_all(data: Data = None, *, as_json: Json = False) -> None:
    """Show all sources; their options stay inside, they may hold passwords."""
    with at_the_machine(data) as (broker, me):
        screen.rows(COLUMNS, map(_record, _sources(broker, me)), as_json=as_json)


@app.verb("probe")
def probe(code: Code, data: Data = None, *, as_json: Json = False) -> None:
    """Ask a source how it is and which channels it has."""
    with at_the_machine(data) as (broker, me):
        found, points = broker.sources.probe(me, code)
    channels = [{"channel": point.channel, "name": point.name} for point in points]
    told = {"ok": found.ok, "detail": found.detail, "points": found.points}
    if as_json:
        screen.document({**told, "channels": channels})
    else:
        screen.fields(told, as_json=False)
        screen.rows(("channel", "name"), channels, as_json=False)
    if not found.ok:
        raise Exit(FAULTY)


def _options(pairs: Sequence[str], file: Path | None) -> dict[str, object]:
    """Read the options of a source: from a JSON file, then NAME=VALUE pairs; a value that is JSON counts as such.

    Raises:
        Invalid: a pair has no equals sign, or the file holds no JSON object.
    """
    options: dict[str, object] = {}
    if file is not None:
        try:
            options = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise Invalid("options-file", file=str(file), reason=str(error)) from None
        if not isinstance(options, dict):
            raise Invalid("options-file", file=str(file), reason="{}")
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not (name and equals):
            raise Invalid("option-malformed", value=pair.partition("=")[0][:40])
        options[name] = _value(value)
    return options


def _value(text: str) -> object:
    try:
        read: object = json.loads(text)
    except ValueError:
        return text
    return text if isinstance(read, str) else read


def _sources(broker: Broker, me: Caller) -> Iterator[Source]:
    def page(after: str, limit: int) -> Sequence[Source]:
        return broker.sources.page(me, after=after, limit=limit)

    return every(page, lambda source: source.code, "")


def _record(source: Source) -> dict[str, object]:
    return {
        "id": str(source.id),
        "code": source.code,
        "name": source.name,
        "adapter": source.adapter,
        "sessions": source.sessions,
    }
