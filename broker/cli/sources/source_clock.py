"""`xueliang source clock`: how far the clocks of sources are off, by the machine's operator."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from broker.cli import screen
from broker.cli.grammar import Json, Limit, Noun
from broker.cli.instants import instant, shown
from broker.cli.machine import Data, at_the_machine
from broker.cli.paging import every
from broker.domain.errors import Invalid
from broker.domain.sources.source_clocks import ClockOffset
from broker.services.sources.source_clocks import Reading

COLUMNS = ("at", "ahead_seconds", "found_by", "actor", "reference")
LIMIT = 50

Code = Annotated[str, Argument(metavar="CODE")]

app = Noun()


@app.verb("set")
def enter(
    code: Code,
    *,
    shows: Annotated[str, Option("--shows", metavar="TIME")],
    actual: Annotated[str, Option("--actual", metavar="TIME")],
    picture: Annotated[Path, Option("--picture", metavar="FILE")],
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Enter how far a clock is off, by a picture that shows it."""
    told, true = instant(shows, "--shows"), instant(actual, "--actual")
    try:
        content = picture.read_bytes()
    except OSError as error:
        raise Invalid("file-unreadable", pointer="/file", file=str(picture), reason=error.strerror or "") from error
    with at_the_machine(data) as (broker, me):
        kept = broker.source_clocks.enter(me, code, Reading(told, true, content))
    screen.fields(_record(kept), as_json=as_json)


@app.verb("list")
def list_all(code: Code, *, limit: Limit = LIMIT, data: Data = None, as_json: Json = False) -> None:
    """Show how far a clock was off, newest first."""

    def page(before: int | None, count: int) -> Sequence[ClockOffset]:
        return broker.source_clocks.page(me, code, before=before, limit=count)

    with at_the_machine(data) as (broker, me):
        found = list(every(page, lambda offset: offset.number, None, limit=limit))
    screen.rows(COLUMNS, map(_record, found), as_json=as_json)


def _record(offset: ClockOffset) -> dict[str, object]:
    return {
        "at": shown(offset.at),
        "ahead_seconds": offset.seconds,
        "found_by": offset.by,
        "actor": offset.actor,
        "reference": offset.reference,
    }
