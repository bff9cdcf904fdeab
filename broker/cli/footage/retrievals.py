"""`xueliang retrieve`: take a picture or a clip under a grant, and find it again later."""

from pathlib import Path
from typing import Annotated, Any

from typer import Argument, Option

from broker.cli import screen
from broker.cli.client.credentials import signed_in
from broker.cli.client.download import download_all
from broker.cli.client.orders import ENDED_WELL, order_clip, order_snapshot, wait_for
from broker.cli.client.references import camera
from broker.cli.client.server import Server
from broker.cli.footage.result_page import file_name, show_result
from broker.cli.grammar import Json, Limit, Noun
from broker.cli.instants import instant, shown, shown_span, span
from broker.cli.progress import ProgressBar
from broker.cli.texts import tell

COLUMNS = ("id", "state", "action", "camera", "asked", "ordered_at")

Camera = Annotated[str, Argument(metavar="CAMERA")]
Grant = Annotated[str | None, Option("--grant", metavar="ID")]
Output = Annotated[Path | None, Option("--output", "-o", metavar="FILE")]
NoWait = Annotated[bool, Option("--no-wait")]
Force = Annotated[bool, Option("--force")]
Original = Annotated[bool, Option("--original")]

app = Noun()


@app.verb("snapshot")
def snapshot(
    point: Camera,
    *,
    at: Annotated[str, Option("--at", metavar="TIME")],
    grant: Grant = None,
    original: Original = False,
    png: Annotated[bool, Option("--png")] = False,
    output: Output = None,
    no_wait: NoWait = False,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Take the picture that was shown at an instant."""
    moment = instant(at, "--at")
    with signed_in() as server:
        key = camera(server, point)["id"]
        ordered = order_snapshot(server, key, moment.isoformat(), grant, original=original, png=png)
        _finish(server, ordered, output, wait=not no_wait, force=force, as_json=as_json)


@app.verb("clip")
def clip(
    point: Camera,
    *,
    begin: Annotated[str, Option("--from", metavar="TIME")],
    end: Annotated[str | None, Option("--to", metavar="TIME")] = None,
    seconds: Annotated[float | None, Option("--seconds")] = None,
    grant: Grant = None,
    original: Original = False,
    output: Output = None,
    no_wait: NoWait = False,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Take the pictures of a span."""
    asked = span(begin, end, seconds)
    with signed_in() as server:
        ordered = order_clip(server, camera(server, point)["id"], asked, grant, original=original)
        _finish(server, ordered, output, wait=not no_wait, force=force, as_json=as_json)


@app.verb("download")
def fetch(
    retrieval: Annotated[str, Argument(metavar="ID")],
    *,
    output: Output = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Wait for an order and take its result away, from where an earlier try broke off."""
    with signed_in() as server:
        ordered = server.get(f"/retrievals/{retrieval}")
        _finish(server, ordered, output, wait=True, force=force, as_json=as_json)


@app.verb("list")
def list_retrievals(limit: Limit = 50, *, as_json: Json = False) -> None:
    """Show this person's own orders, newest first."""
    with signed_in() as server:
        pages = server.pages("/retrievals", limit=min(limit, 200))
        found = [each for each, _ in zip(pages, range(limit), strict=False)]
    screen.rows(COLUMNS, found if as_json else map(_row, found), as_json=as_json)


def _finish(
    server: Server,
    ordered: dict[str, Any],
    output: Path | None,
    *,
    wait: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Wait, download and show; without waiting, say how to come back."""
    if not wait and ordered["state"] not in ENDED_WELL:
        if as_json:
            screen.document(ordered)
        else:
            screen.line("retrieve.ordered", id=ordered["id"])
        return
    ready = wait_for(server, ordered)
    target = output or Path(file_name(ready))
    with ProgressBar(tell("retrieve.download")) as bar:
        files = download_all(server, ready, target, told=bar.reach, replace=force)
    show_result(ready, files, as_json=as_json)


def _row(retrieval: dict[str, Any]) -> dict[str, object]:
    asked = retrieval["asked"]
    told = shown_span(asked["span"]["begin"], asked["span"]["end"]) if asked["span"] else shown(asked["instant"])
    return {
        "id": retrieval["id"],
        "state": tell(f"state.{retrieval['state']}"),
        "action": tell(f"retrieve.{retrieval['action']}"),
        "camera": retrieval["camera"]["name"],
        "asked": told,
        "ordered_at": shown(retrieval["ordered_at"]),
    }
