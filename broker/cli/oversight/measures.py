"""`xueliang measures`: the four measures, and what is planned."""

from pathlib import Path
from typing import Annotated, Any

from typer import Argument, Option

from broker.cli import screen
from broker.cli.client.credentials import signed_in
from broker.cli.grammar import Json, Limit, Noun
from broker.cli.texts import language, tell
from broker.domain.errors import Conflict, Invalid
from broker.domain.oversight.measure_words import UNITS
from broker.domain.oversight.measures import By

COLUMNS = ("name", "indicator", "part", "whole", "unit", "share", "target")
PLANNED = ("year", "indicator", "value", "department", "division")
FORMS = frozenset({"pdf", "xlsx"})

Begin = Annotated[str | None, Option("--from", metavar="DAY")]
End = Annotated[str | None, Option("--to", metavar="DAY")]
Department = Annotated[str | None, Option("--department", metavar="CODE")]
Division = Annotated[str | None, Option("--division", metavar="DIGITS")]
Split = Annotated[By, Option("--by", metavar="nothing|department|district|city|children|month")]
Fresh = Annotated[bool, Option("--fresh")]

app = Noun()


@app.verb("show")
def show(
    *,
    begin: Begin = None,
    end: End = None,
    department: Department = None,
    division: Division = None,
    by: Split = By.NOTHING,
    fresh: Fresh = False,
    as_json: Json = False,
) -> None:
    """Show the measures of a period."""
    with signed_in() as server:
        found = server.get("/measures", **_query(begin, end, department, division, by, fresh=fresh))
    if as_json:
        screen.document(found)
        return
    counted = found["counted"] or tell("measures.now")
    screen.line("measures.period", first=found["first"], last=found["last"], counted=counted)
    lines = [found["whole"], *found["lines"]]
    screen.rows(COLUMNS, (_row(line, each) for line in lines for each in line["figures"]), as_json=False)


@app.verb("export")
def export(
    *,
    output: Annotated[Path, Option("--output", "-o", metavar="FILE")],
    begin: Begin = None,
    end: End = None,
    department: Department = None,
    division: Division = None,
    by: Split = By.DEPARTMENT,
    fresh: Fresh = False,
    force: Annotated[bool, Option("--force")] = False,
) -> None:
    """Take the measures away as a workbook or a paper with charts, by the suffix of the file."""
    form = output.suffix.removeprefix(".").lower()
    if form not in FORMS:
        raise Invalid("measures-format", pointer="/format", file=str(output))
    if output.exists() and not force:
        raise Conflict("file-exists", file=str(output))
    part = output.with_name(f"{output.name}.part")
    query = _query(begin, end, department, division, by, fresh=fresh)
    try:
        with signed_in() as server, server.stream(f"/measures.{form}", {}, **query) as response:
            part.write_bytes(b"".join(response.iter_bytes()))
        part.replace(output)
    except OSError as error:
        raise Invalid("file-unwritable", file=str(output), reason=error.strerror or "") from error
    finally:
        part.unlink(missing_ok=True)
    screen.line("measures.exported", file=output)


@app.verb("plan")
def plan(year: Annotated[int, Argument(metavar="YEAR")], *, limit: Limit = 200, as_json: Json = False) -> None:
    """Show what is planned for a year."""
    with signed_in() as server:
        pages = server.pages("/plan-targets", year=year, limit=min(limit, 200))
        found = [target for target, _ in zip(pages, range(limit), strict=False)]
    screen.rows(PLANNED, found, as_json=as_json)


@app.verb("set")
def set_target(
    year: Annotated[int, Argument(metavar="YEAR")],
    indicator: Annotated[str, Argument(metavar="INDICATOR")],
    value: Annotated[str, Argument(metavar="VALUE|none")],
    *,
    department: Department = None,
    division: Division = None,
    as_json: Json = False,
) -> None:
    """Set a target: points for coverage.plan, else thousandths; `none` takes it back."""
    if value != "none" and not (value.isascii() and value.isdigit()):
        raise Invalid("plan-value", pointer="/value", value=value[:20], most=1000)
    body = {
        "year": year, "indicator": indicator, "value": None if value == "none" else int(value),
        "department": department, "division": division,
    }  # fmt: skip
    with signed_in() as server:
        screen.fields(server.put("/plan-targets", body), as_json=as_json)


def _query(
    begin: str | None, end: str | None, department: str | None, division: str | None, by: By, *, fresh: bool
) -> dict[str, object]:
    return {
        "from": begin, "to": end, "department": department, "division": division, "by": by.value,
        "fresh": "true" if fresh else None,
    }  # fmt: skip


def _row(line: dict[str, Any], figure: dict[str, Any]) -> dict[str, object]:
    chinese = language().startswith("zh")
    share, target = figure["share"], figure["target"]
    return {
        "name": line["name"],
        "indicator": figure["name"] if chinese else figure["name_en"],
        "part": tell("statistics.withheld") if figure["withheld"] else figure["part"],
        "whole": figure["whole"],
        "unit": UNITS[figure["unit"]][0 if chinese else 1],
        "share": None if share is None else f"{share:.1%}",
        "target": None if target is None else f"{target:.1%}",
    }
