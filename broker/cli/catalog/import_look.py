"""`xueliang import look|start|discard`: a list looked at before it is brought in."""

from typing import Annotated
from uuid import UUID

from typer import Argument, Exit, Option

from broker.cli import screen
from broker.cli.catalog import reading
from broker.cli.grammar import Json, Noun
from broker.cli.machine import Data, at_the_machine
from broker.cli.texts import explain, language
from broker.domain.ids import ImportId
from broker.locale import say
from broker.services.catalog.catalog_files.mapping import parse_pairs
from broker.services.catalog.import_intake import Asked
from broker.services.catalog.import_previews import Look, PreviewRow

UNREADABLE = 2
COLUMNS = ("place", "values", "problems")
Key = Annotated[UUID, Argument(metavar="ID")]

app = Noun()


@app.verb("look")
def look(
    file: reading.File,
    *,
    owner: reading.Owner,
    list_format: reading.Format = None,
    mapping: reading.Pairs = None,
    profile: reading.Profile = None,
    coordinates: reading.Coordinates = None,
    strict: reading.Strict = False,
    rows: Annotated[int, Option("--rows", min=1, max=200)] = 10,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Lay a list there and show how its first rows would be read; the catalogue is not touched."""
    asked = Asked(owner, list_format, parse_pairs(mapping or ()) or None, profile, coordinates, strict)
    with at_the_machine(data) as (broker, me):
        found = broker.import_previews.look(me, broker.import_previews.lay(me, file, asked).id, rows=rows)
    told = _head(found)
    if as_json:
        screen.document({**told, "rows": [_record(row) for row in found.rows]})
    else:
        pairs = [f"{field}={column}" for field, column in found.mapping.items()]
        screen.fields(told | {"mapping": pairs}, as_json=False)
        screen.rows(COLUMNS, map(_record, found.rows), as_json=False)
    if found.fault:
        raise Exit(UNREADABLE)  # a script should notice


@app.verb("start")
def start(
    key: Key, *, dry_run: Annotated[bool, Option("--dry-run")] = False, data: Data = None, as_json: Json = False
) -> None:
    """Have a worker bring in a list that was looked at."""
    with at_the_machine(data) as (broker, me):
        begun = broker.import_previews.go_on(me, ImportId(key), dry_run=dry_run)
    screen.fields({"id": str(begun.id), "state": begun.state.value, "file": begun.file}, as_json=as_json)


@app.verb("discard")
def discard(key: Key, *, data: Data = None, as_json: Json = False) -> None:
    """Put a list away that was looked at."""
    with at_the_machine(data) as (broker, me):
        gone = broker.import_previews.discard(me, ImportId(key))
    screen.fields({"id": str(gone.id), "state": gone.state.value, "file": gone.file}, as_json=as_json)


def _head(found: Look) -> dict[str, object]:
    return {
        "id": str(found.found.id), "file": found.found.file, "columns": list(found.columns),
        "mapping": dict(found.mapping), "error": found.fault and explain(found.fault),
        "profile": found.profile and found.profile.name,
    }  # fmt: skip


def _record(row: PreviewRow) -> dict[str, object]:
    problems = [
        say(it.reason, language(), where=it.where, field=it.field, value=it.value, allowed=it.allowed)
        for it in row.problems
    ]
    values = {name: value for name, value in (row.values or {}).items() if value not in (None, "", {}, [], ())}
    return {"place": row.place, "values": values, "problems": problems}
