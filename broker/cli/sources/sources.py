"""`xueliang source`: where footage lies, by the machine's operator."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

from typer import Argument, Exit, Option

from broker.bootstrap import Broker
from broker.cli import screen
from broker.cli.catalog import reconciliations
from broker.cli.grammar import Json, Limit, Noun
from broker.cli.instants import shown
from broker.cli.machine import Data, at_the_machine
from broker.cli.paging import every
from broker.cli.sources import source_clock
from broker.domain.catalog.catalog import Source
from broker.domain.errors import Invalid
from broker.domain.people.accounts import Caller
from broker.domain.sources.source_health import Spell
from broker.services.sources.sources import NewSource, Shown, SourceEdit

COLUMNS = ("code", "name", "adapter", "sessions", "stopped")
HEALTH = ("health", "since", "until", "seen_at", "detail")
FAULTY = 7
LIMIT = 50

Code = Annotated[str, Argument(metavar="CODE")]

app = Noun()
app.add_typer(source_clock.app, name="clock")
app.add_typer(reconciliations.app)


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
    keeps_days: Annotated[int | None, Option("--keeps-days", metavar="DAYS")] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Add a source; it is not asked yet, `probe` does that."""
    options = _options(option or (), options_file)
    with at_the_machine(data) as (broker, me):
        new = NewSource(code, name, adapter, options, department, sessions, keeps_days)
        screen.fields(_record(broker.sources.add(me, new)), as_json=as_json)


@app.verb("edit")
def edit(
    code: Code,
    *,
    name: Annotated[str | None, Option("--name")] = None,
    department: Annotated[str | None, Option("--department", metavar="CODE")] = None,
    option: Annotated[list[str] | None, Option("--option", metavar="NAME=VALUE")] = None,
    options_file: Annotated[Path | None, Option("--options-file", metavar="FILE")] = None,
    sessions: Annotated[int | None, Option("--sessions")] = None,
    keeps_days: Annotated[int | None, Option("--keeps-days", metavar="DAYS")] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Change a source; what is not named stays, passwords too."""
    options = _options(option or (), options_file) or None
    change = SourceEdit(name, options, department, sessions, keeps_days=keeps_days)
    with at_the_machine(data) as (broker, me):
        _show(broker.sources.edit(me, code, change), as_json=as_json)


@app.verb("stop")
def stop(code: Code, data: Data = None, *, as_json: Json = False) -> None:
    """Ask a source for nothing any more."""
    with at_the_machine(data) as (broker, me):
        _show(broker.sources.edit(me, code, SourceEdit(stopped=True)), as_json=as_json)


@app.verb("start")
def start(code: Code, data: Data = None, *, as_json: Json = False) -> None:
    """Let a stopped source be asked again."""
    with at_the_machine(data) as (broker, me):
        _show(broker.sources.edit(me, code, SourceEdit(stopped=False)), as_json=as_json)


@app.verb("show")
def show(code: Code, data: Data = None, *, as_json: Json = False) -> None:
    """Show a source; of its secret options only the names."""
    with at_the_machine(data) as (broker, me):
        _show(broker.sources.read(me, code), as_json=as_json)


@app.verb("reseal")
def reseal(data: Data = None, *, as_json: Json = False) -> None:
    """Seal all secrets anew under the key that stands first in the key file."""
    with at_the_machine(data) as (broker, me):
        screen.fields(vars(broker.resealing.reseal(me)), as_json=as_json)


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


@app.verb("health")
def health(code: Code, *, limit: Limit = LIMIT, data: Data = None, as_json: Json = False) -> None:
    """Show the states a source was in, newest first."""

    def page(before: int | None, count: int) -> Sequence[Spell]:
        return broker.source_health.page(me, code, before=before, limit=count)

    with at_the_machine(data) as (broker, me):
        found = list(every(page, lambda spell: spell.number, None, limit=limit))
    screen.rows(HEALTH, map(_spell, found), as_json=as_json)


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
        "stopped": source.stopped,
        "keeps_days": source.keeps_days,
    }


def _show(found: Shown, *, as_json: bool) -> None:
    told: dict[str, object] = {**_record(found.source), "sealed_options": list(found.source.secrets)}
    if as_json:
        screen.document({**told, "plain_options": dict(found.options)})
        return
    screen.fields(told, as_json=False)
    for name, value in sorted(found.options.items()):
        screen.plain(f"  {name}\t{json.dumps(value, ensure_ascii=False)}")


def _spell(spell: Spell) -> dict[str, object]:
    return {
        "health": spell.state.value,
        "since": shown(spell.since),
        "until": shown(spell.until),
        "seen_at": shown(spell.seen_at),
        "detail": spell.detail,
    }
