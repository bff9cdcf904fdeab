"""`xueliang package`: put results together as a signed evidence package and take it away."""

from pathlib import Path
from typing import Annotated, Any

from typer import Argument, Option

from broker.cli import screen
from broker.cli.client.credentials import signed_in
from broker.cli.client.download import download
from broker.cli.client.packages import order_package, wait_for_package
from broker.cli.client.server import Server
from broker.cli.grammar import Json, Limit, Noun
from broker.cli.instants import shown
from broker.cli.progress import ProgressBar
from broker.cli.texts import tell

COLUMNS = ("id", "name", "state", "results", "ordered_at")

Package = Annotated[str, Argument(metavar="ID")]
Output = Annotated[Path | None, Option("--output", "-o", metavar="FILE")]
NoWait = Annotated[bool, Option("--no-wait")]
Force = Annotated[bool, Option("--force")]
Record = dict[str, Any]

app = Noun()


@app.verb("order")
def order(
    retrievals: Annotated[list[str], Argument(metavar="RETRIEVAL")],
    *,
    output: Output = None,
    no_wait: NoWait = False,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Order a package of results and take it away when it is made."""
    with signed_in() as server:
        ordered = order_package(server, retrievals)
        if no_wait:
            _show(ordered, as_json=as_json)
        else:
            _take(server, ordered, output, force=force, as_json=as_json)


@app.verb("list")
def list_packages(limit: Limit = 50, *, as_json: Json = False) -> None:
    """Show this person's own packages, newest first."""
    with signed_in() as server:
        pages = server.pages("/packages", limit=min(limit, 200))
        found = [each for each, _ in zip(pages, range(limit), strict=False)]
    screen.rows(COLUMNS, found if as_json else map(_row, found), as_json=as_json)


@app.verb("show")
def show(package: Package, *, as_json: Json = False) -> None:
    """Show one package."""
    with signed_in() as server:
        _show(server.get(f"/packages/{package}"), as_json=as_json)


@app.verb("download")
def fetch(package: Package, *, output: Output = None, force: Force = False, as_json: Json = False) -> None:
    """Wait for a package and take it away, from where an earlier try broke off."""
    with signed_in() as server:
        _take(server, server.get(f"/packages/{package}"), output, force=force, as_json=as_json)


def _take(server: Server, package: Record, output: Path | None, *, force: bool, as_json: bool) -> None:
    package = wait_for_package(server, package)
    target = output or Path(f"{package['name']}.zip")
    with ProgressBar(tell("retrieve.download")) as bar:
        path = f"/packages/{package['id']}/file"
        file = download(server, path, package["file"], target, told=bar.reach, replace=force)
    if as_json:
        screen.document({**package, "saved": str(file)})
    else:
        _show(package, as_json=False, file=file)


def _show(package: Record, *, as_json: bool, file: Path | None = None) -> None:
    if as_json:
        screen.document(package)
        return
    made = package["file"] or {}
    told: dict[str, object] = {"name": package["name"], "state": tell(f"state.{package['state']}")}
    told |= {"file": file} if file else {}
    told |= {each: made.get(each) for each in ("digest", "size", "signer")}
    told |= {"retrievals": package["retrievals"], "ordered_at": shown(package["ordered_at"]), "held": package["held"]}
    if package["error"]:
        told["error"] = package["error"]["detail"]
    screen.fields(told | {"id": package["id"]}, as_json=False)


def _row(package: Record) -> dict[str, object]:
    return {
        "id": package["id"],
        "name": package["name"],
        "state": tell(f"state.{package['state']}"),
        "results": len(package["retrievals"]),
        "ordered_at": shown(package["ordered_at"]),
    }
