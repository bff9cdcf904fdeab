"""`xueliang point`: how points are and were, and what is aimed at."""

from collections.abc import Mapping
from itertools import islice
from typing import Annotated, Any

from typer import Argument, Option

from broker.cli import screen
from broker.cli.client.credentials import signed_in
from broker.cli.client.references import camera
from broker.cli.grammar import Json, Limit, Noun
from broker.cli.instants import shown
from broker.cli.texts import tell

TROUBLES = ("camera", "department", "health", "since", "seen_at", "detail")
HISTORY = ("health", "since", "until", "seen_at", "detail")
DAYS = ("day", "watched", "online", "intact", "recorded")
SUMS = ("of", "points", "online", "intact", "recorded")
TARGETS = ("department_id", "source_id", "per_mille")

Camera = Annotated[str, Argument(metavar="CAMERA")]
First = Annotated[str | None, Option("--from", metavar="DATE")]
Last = Annotated[str | None, Option("--to", metavar="DATE")]
Record = Mapping[str, Any]

app = Noun()


@app.verb("health")
def health(point: Camera, *, limit: Limit = 50, as_json: Json = False) -> None:
    """Show how a point is, and its troubles."""
    with signed_in() as server:
        key = camera(server, point)["id"]
        now = server.get(f"/cameras/{key}/health")
        troubles = list(islice(server.pages(f"/cameras/{key}/troubles"), limit))
    if as_json:
        screen.document({**now, "troubles": troubles})
        return
    told = {
        "health": now["state"] or tell("point.unknown"), "source": now["source"], "seen_at": shown(now["looked_at"]),
        "picture_at": shown(now["picture_at"]), "recorded_to": now["recorded_to"],
    }  # fmt: skip
    screen.fields(told, as_json=False)
    screen.rows(HISTORY, map(_trouble, troubles), as_json=False)


@app.verb("days")
def days(point: Camera, *, first: First = None, last: Last = None, as_json: Json = False) -> None:
    """Show the days of a point, in seconds."""
    with signed_in() as server:
        key = camera(server, point)["id"]
        found = server.get(f"/cameras/{key}/days", **{"from": first, "to": last})["days"]
    screen.rows(DAYS, found, as_json=as_json)


@app.verb("troubles")
def troubles(
    *,
    state: Annotated[str | None, Option("--state", metavar="STATE")] = None,
    limit: Limit = 50,
    as_json: Json = False,
) -> None:
    """Show the troubles that last, newest first."""
    with signed_in() as server:
        found = list(islice(server.pages("/points/troubles", state=state), limit))
    screen.rows(TROUBLES, found if as_json else map(_open, found), as_json=as_json)


@app.verb("availability")
def availability(
    *,
    first: First = None,
    last: Last = None,
    department: Annotated[str | None, Option("--department", metavar="CODE")] = None,
    division: Annotated[str | None, Option("--division", metavar="CODE")] = None,
    by: Annotated[str | None, Option("--by", metavar="day|department|division")] = None,
    as_json: Json = False,
) -> None:
    """Show how available points were over some days."""
    query = {"from": first, "to": last, "department": department, "division": division, "by": by}
    with signed_in() as server:
        found = server.get("/points/availability", **query)
    if as_json:
        screen.document(found)
        return
    lines = [*found["parts"].items(), (tell("point.whole"), found["whole"])]
    screen.rows(SUMS, [_sums(name, it) for name, it in lines], as_json=False)
    if found["more"]:
        screen.note("point.more", count=found["more"])


@app.verb("targets")
def targets(*, limit: Limit = 50, as_json: Json = False) -> None:
    """Show what is aimed at."""
    with signed_in() as server:
        found = list(islice(server.pages("/points/targets"), limit))
    screen.rows(TARGETS, found, as_json=as_json)


@app.verb("aim")
def aim(
    per_mille: Annotated[int, Argument(metavar="PER-MILLE")],
    *,
    department: Annotated[str | None, Option("--department", metavar="CODE")] = None,
    source: Annotated[str | None, Option("--source", metavar="CODE")] = None,
    as_json: Json = False,
) -> None:
    """Say what a department or a source is to reach."""
    with signed_in() as server:
        body = {"department": department, "source": source, "per_mille": per_mille}
        screen.fields(server.put("/points/targets", body), as_json=as_json)


def _trouble(it: Record) -> dict[str, object]:
    return {
        "health": it["state"], "since": shown(it["since"]), "until": shown(it["until"]),
        "seen_at": shown(it["seen_at"]), "detail": it["detail"],
    }  # fmt: skip


def _open(it: Record) -> dict[str, object]:
    return {**_trouble(it), "camera": it["camera"]["name"], "department": it["department"]["name"]}


def _sums(name: str, it: Record) -> dict[str, object]:
    """Return a line with its shares, each with what it is a share of."""
    watched, asked = it["watched"] // 3600, it["asked"] // 3600
    return {
        "of": name,
        "points": it["point_days"],
        "online": _share(it["online_share"], it["online"] // 3600, watched),
        "intact": _share(it["intact_share"], it["intact"] // 3600, watched),
        "recorded": _share(it["recorded_share"], it["recorded"] // 3600, asked),
    }


def _share(share: float | None, part: int, whole: int) -> str:
    return "-" if share is None else f"{share:.2%} ({part}/{whole} h)"
