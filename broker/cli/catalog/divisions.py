"""`xueliang division`: administrative divisions, by the machine's operator."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from typer import Argument, Exit, Option

from broker.cli import screen
from broker.cli.grammar import Json, Limit, Noun
from broker.cli.machine import Data, at_the_machine
from broker.cli.paging import every
from broker.cli.texts import language
from broker.domain.catalog.divisions import Division, Level
from broker.domain.errors import Invalid
from broker.locale import say
from broker.services.catalog.divisions import DivisionReport

COLUMNS = ("code", "name", "level", "parent", "successor", "source")
FAULTS = ("line", "field", "detail")
MOST_SHOWN = 50
REJECTED = 2

app = Noun()


@app.verb("list")
def list_divisions(
    *,
    within: Annotated[str | None, Option("--within", metavar="DIGITS")] = None,
    level: Annotated[Level | None, Option("--level", metavar="province|city|county|town|village")] = None,
    text: Annotated[str | None, Option("--text")] = None,
    limit: Limit = 50,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Show divisions by code."""
    with at_the_machine(data) as (broker, me):

        def page(after: str, limit: int) -> Sequence[Division]:
            return broker.divisions.page(me, within=within, level=level, text=text, after=after or None, limit=limit)

        found = list(every(page, lambda division: division.code, "", limit=limit))
    screen.rows(COLUMNS, map(_record, found), as_json=as_json)
    if not as_json and len(found) == limit:
        screen.note("division.more", limit=limit)


@app.verb("show")
def show(
    code: Annotated[str, Argument(metavar="CODE")],
    *,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Show one division and all that it lies in."""
    with at_the_machine(data) as (broker, me):
        found = broker.divisions.read(me, code)
    lineage = " / ".join(f"{each.name} {each.code}" for each in found.lineage)
    screen.fields({**_record(found.division), "lineage": lineage}, as_json=as_json)


@app.verb("import")
def import_list(
    file: Annotated[Path, Argument(metavar="FILE")],
    *,
    dry_run: Annotated[bool, Option("--dry-run")] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Bring a CSV list of divisions in."""
    try:
        with at_the_machine(data) as (broker, me), file.open("rb") as content:
            report = broker.divisions.import_file(me, content, file.name, dry_run=dry_run)
    except OSError as error:
        raise Invalid("file-unreadable", file=str(file), reason=error.strerror or "") from error
    _told(report, as_json=as_json)


@app.verb("refresh")
def refresh(*, data: Data = None, as_json: Json = False) -> None:
    """Bring the list that came with the program in again."""
    with at_the_machine(data) as (broker, me):
        report = broker.divisions.refresh(me)
    _told(report, as_json=as_json)


def _told(report: DivisionReport, *, as_json: bool) -> None:
    faults = [{**it._asdict(), "detail": say(it.reason, language(), value=it.value)} for it in report.faults]
    balance: dict[str, object] = {
        "read": report.read, "added": report.added, "changed": report.changed, "unchanged": report.unchanged,
        "rejected": report.rejected,
    }  # fmt: skip
    if as_json:
        screen.document({**balance, "faults": faults})
    else:
        screen.line("division.balance", **balance)
        if faults:
            screen.rows(FAULTS, faults[:MOST_SHOWN], as_json=False)
    if report.rejected and report.rejected == report.read:
        raise Exit(REJECTED)  # nothing at all went in: a script should notice


def _record(division: Division) -> dict[str, object]:
    return vars(division)
