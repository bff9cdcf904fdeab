"""`xueliang import`: lists that were brought in: what became of them, corrections, taking one back, ways of reading."""

from pathlib import Path
from typing import Annotated, Literal
from uuid import UUID

from typer import Argument, Option

from broker.cli import screen
from broker.cli.catalog import import_look
from broker.cli.catalog.import_report import save
from broker.cli.grammar import Json, Limit, Noun
from broker.cli.machine import Data, at_the_machine
from broker.cli.texts import language
from broker.domain.catalog.coordinates import System
from broker.domain.catalog.imports import CatalogImport
from broker.domain.ids import ImportId
from broker.services.catalog.catalog_files.mapping import parse_pairs
from broker.services.catalog.catalog_files.reading import open_table

COLUMNS = ("id", "at", "state", "file", "read", "inserted", "updated", "quarantined", "rejected")
Key = Annotated[UUID, Argument(metavar="ID")]

app = Noun()
app.add_typer(import_look.app)


@app.verb("list")
def list_imports(
    owner: Annotated[str, Argument(metavar="CODE")], *, limit: Limit = 50, data: Data = None, as_json: Json = False
) -> None:
    """List the imports of a department, newest first."""
    with at_the_machine(data) as (broker, me):
        found = broker.imports.page(me, owner, after=None, limit=limit)
    screen.rows(COLUMNS, map(_record, found), as_json=as_json)


@app.verb("show")
def show(key: Key, *, data: Data = None, as_json: Json = False) -> None:
    """Show an import and how far it has come."""
    with at_the_machine(data) as (broker, me):
        found = broker.imports.read(me, ImportId(key))
    screen.fields(_record(found), as_json=as_json)


@app.verb("correct")
def correct(
    key: Key,
    file: Annotated[Path, Argument(metavar="FILE")],
    *,
    list_format: Annotated[Literal["csv", "xlsx"], Option("--format", metavar="csv|xlsx")] = "csv",
    data: Data = None,
) -> None:
    """Write the quarantined rows into a file, with the reasons, to be corrected."""
    with at_the_machine(data) as (broker, me):
        save(file, broker.imports.correction(me, ImportId(key), list_format, language()).chunks)


@app.verb("undo")
def undo(key: Key, *, data: Data = None, as_json: Json = False) -> None:
    """Take a whole import back."""
    with at_the_machine(data) as (broker, me):
        found = broker.imports.undo(me, ImportId(key))
    screen.fields(_record(found), as_json=as_json)


@app.verb("profiles")
def profiles(*, data: Data = None, as_json: Json = False) -> None:
    """List the saved ways of reading."""
    with at_the_machine(data) as (broker, me):
        found = broker.import_profiles.page(me, after="", limit=200)
    told = ({"name": it.name, "coordinates": it.coordinates.value, "mapping": dict(it.mapping)} for it in found)
    screen.rows(("name", "coordinates", "mapping"), told, as_json=as_json)


@app.verb("save-profile")
def save_profile(
    name: Annotated[str, Argument(metavar="NAME")],
    *,
    mapping: Annotated[list[str], Option("--map", metavar="FIELD=COLUMN")],
    example: Annotated[Path | None, Option("--example", metavar="FILE")] = None,
    coordinates: Annotated[System, Option("--coordinates", metavar="wgs84|gcj02|bd09")] = System.WGS84,
    data: Data = None,
) -> None:
    """Keep a way of reading; it is suggested for lists with the headings of the example."""
    headings: tuple[str, ...] = ()
    if example is not None:
        with open_table(example) as table:
            headings = table.columns
    with at_the_machine(data) as (broker, me):
        saved = broker.import_profiles.save(
            me, name, parse_pairs(mapping), headings=headings, coordinates=coordinates
        )  # fmt: skip
    screen.fields({"name": saved.name, "mapping": dict(saved.mapping)}, as_json=False)


def _record(found: CatalogImport) -> dict[str, object]:
    counts = found.balance
    return {
        "id": str(found.id), "at": found.at, "state": found.state.value, "file": found.file, "done": found.done,
        "read": counts.read, "inserted": counts.inserted, "updated": counts.updated, "unchanged": counts.unchanged,
        "quarantined": counts.quarantined, "rejected": counts.rejected, "warnings": counts.warnings,
    }  # fmt: skip
