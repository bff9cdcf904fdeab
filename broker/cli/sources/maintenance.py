"""`xueliang maintenance`: planned maintenance, which does not count for availability."""

from collections.abc import Mapping
from itertools import islice
from typing import Annotated, Any
from uuid import UUID

from typer import Argument, Option

from broker.cli import screen
from broker.cli.client.credentials import signed_in
from broker.cli.client.references import camera
from broker.cli.grammar import Json, Limit, Noun
from broker.cli.instants import instant, shown

COLUMNS = ("id", "source_id", "department_id", "camera_id", "begins", "ends", "reason")

app = Noun()


@app.verb("declare")
def declare(
    *,
    begins: Annotated[str, Option("--from", metavar="TIME")],
    ends: Annotated[str, Option("--to", metavar="TIME")],
    reason: Annotated[str, Option("--reason")],
    source: Annotated[str | None, Option("--source", metavar="CODE")] = None,
    department: Annotated[str | None, Option("--department", metavar="CODE")] = None,
    point: Annotated[str | None, Option("--camera", metavar="CAMERA")] = None,
    as_json: Json = False,
) -> None:
    """Declare maintenance before it begins."""
    span = {"begins": instant(begins, "--from").isoformat(), "ends": instant(ends, "--to").isoformat()}
    with signed_in() as server:
        key = camera(server, point)["id"] if point else None
        body = {**span, "reason": reason, "source": source, "department": department, "camera": key}
        _tell(server.post("/maintenance", body), as_json=as_json)


@app.verb("end")
def end(window: Annotated[UUID, Argument(metavar="ID")], *, as_json: Json = False) -> None:
    """End maintenance early, or call it off."""
    with signed_in() as server:
        _tell(server.post(f"/maintenance/{window}/end"), as_json=as_json)


@app.verb("list")
def list_windows(
    *, everything: Annotated[bool, Option("--all")] = False, limit: Limit = 50, as_json: Json = False
) -> None:  # fmt: skip
    """Show planned maintenance, also what is over with --all."""
    with signed_in() as server:
        found = list(islice(server.pages("/maintenance", past="true" if everything else "false"), limit))
    screen.rows(COLUMNS, found if as_json else map(_row, found), as_json=as_json)


def _tell(window: Mapping[str, Any], *, as_json: bool) -> None:
    screen.fields(window if as_json else _row(window), as_json=as_json)


def _row(window: Mapping[str, Any]) -> dict[str, object]:
    return {**window, "begins": shown(window["begins"]), "ends": shown(window["ends"])}
