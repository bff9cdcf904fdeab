"""`xueliang statistics`: how the flow runs, in tables."""

from typing import Annotated, Any

from typer import Option

from broker.cli import screen
from broker.cli.client.credentials import signed_in
from broker.cli.grammar import Json, Noun
from broker.cli.instants import instant, shown_span
from broker.cli.texts import tell

TABLES = ("waiting", "times", "refusals", "sharing", "emergencies", "quota")
COLUMNS = ("of", "count", "value")

app = Noun()


@app.verb("statistics")
def statistics(
    *,
    begin: Annotated[str | None, Option("--from", metavar="TIME")] = None,
    end: Annotated[str | None, Option("--to", metavar="TIME")] = None,
    as_json: Json = False,
) -> None:
    """Show the tables of a period."""
    query = {
        "from": instant(begin, "--from").isoformat() if begin else None,
        "to": instant(end, "--to").isoformat() if end else None,
    }
    with signed_in() as server:
        found = server.get("/statistics", **query)
    if as_json:
        screen.document(found)
        return
    screen.line("statistics.period", span=shown_span(found["period"]["begin"], found["period"]["end"]))
    for table in TABLES:
        screen.plain()
        screen.line(f"statistics.{table}")
        screen.rows(COLUMNS, map(_row, found[table]), as_json=False)


def _row(cell: dict[str, Any]) -> dict[str, object]:
    value = "" if cell["value"] is None else f"{cell['value']:.2f}"
    count = tell("statistics.withheld") if cell["withheld"] else cell["count"]
    return {"of": " / ".join(cell["of"]), "count": count, "value": value}
