"""`xueliang request`: ask for footage and follow what becomes of it, in the name of the person signed in."""

from collections.abc import Sequence
from typing import Annotated, Any

from typer import Argument, Option

from broker.cli import screen
from broker.cli.client.credentials import signed_in
from broker.cli.client.references import access_request, camera
from broker.cli.client.server import Server
from broker.cli.deciding import decisions
from broker.cli.grammar import Json, Limit, Noun
from broker.cli.instants import interval, shown, span
from broker.cli.requests import attachments, previews
from broker.cli.requests.request_page import show_request
from broker.domain.errors import Invalid
from broker.domain.footage.grants import Action
from broker.domain.requests.asked_places import spot_of
from broker.domain.requests.request_states import RequestState
from broker.domain.time import TimeSpan

COLUMNS = ("number", "state", "outcome", "department", "case_number", "line_count", "created_at", "id")
DAYS = 7

Reference = Annotated[str, Argument(metavar="NUMBER|ID")]
Place = Annotated[str | None, Option("--place", metavar="LON,LAT[=NAME]")]

app = Noun()


@app.verb("new")
def new(
    *,
    basis: Annotated[str, Option("--basis", metavar="CODE")],
    matter: Annotated[str, Option("--matter", metavar="CODE")],
    case_number: Annotated[str, Option("--case", metavar="NUMBER")],
    reason: Annotated[str, Option("--reason")],
    cameras: Annotated[list[str], Option("--camera", metavar="CAMERA[=BEGIN/END]")],
    investigators: Annotated[list[str], Option("--investigator", metavar="LOGIN")],
    begin: Annotated[str | None, Option("--from", metavar="TIME")] = None,
    end: Annotated[str | None, Option("--to", metavar="TIME")] = None,
    actions: Annotated[list[Action] | None, Option("--action", metavar="snapshot|clip")] = None,
    days: Annotated[int, Option("--days", min=1, max=30)] = DAYS,
    originals: Annotated[bool, Option("--originals")] = False,
    urgent: Annotated[bool, Option("--urgent")] = False,
    place: Place = None,
    submit: Annotated[bool, Option("--submit")] = False,
    as_json: Json = False,
) -> None:
    """Draft a request, and with --submit send it on its way."""
    whole = span(begin, end) if begin is not None else None
    with signed_in() as server:
        body = {
            "purpose": {"basis": basis, "matter": matter, "case_number": case_number, "reason": reason},
            "investigators": investigators,
            "lines": asked_lines(server, cameras, whole),
            "terms": {
                "actions": [action.value for action in actions or Action],
                "valid_days": days,
                "originals": originals,
            },
            "urgent": urgent,
            "place": stated_place(place),
        }
        drafted = server.post("/access-requests", body)
        if submit:
            drafted = server.post(f"/access-requests/{drafted['id']}/submit")
    show_request(drafted, as_json=as_json)


@app.verb("list")
def list_requests(
    *,
    state: Annotated[RequestState | None, Option("--state", metavar="STATE")] = None,
    limit: Limit = 50,
    as_json: Json = False,
) -> None:
    """Show the requests this person may know of."""
    with signed_in() as server:
        rows = server.pages("/access-requests", state=state.value if state else None, limit=min(limit, 200))
        found = [row for row, _ in zip(rows, range(limit), strict=False)]
    screen.rows(COLUMNS, found if as_json else map(_row, found), as_json=as_json)


@app.verb("show")
def show(request: Reference, *, as_json: Json = False) -> None:
    """Show one request with its parts and lines."""
    with signed_in() as server:
        show_request(access_request(server, request), as_json=as_json)


@app.verb("edit")
def edit(
    request: Reference,
    *,
    basis: Annotated[str | None, Option("--basis", metavar="CODE")] = None,
    matter: Annotated[str | None, Option("--matter", metavar="CODE")] = None,
    case_number: Annotated[str | None, Option("--case", metavar="NUMBER")] = None,
    reason: Annotated[str | None, Option("--reason")] = None,
    cameras: Annotated[list[str] | None, Option("--camera", metavar="CAMERA[=BEGIN/END]")] = None,
    investigators: Annotated[list[str] | None, Option("--investigator", metavar="LOGIN")] = None,
    begin: Annotated[str | None, Option("--from", metavar="TIME")] = None,
    end: Annotated[str | None, Option("--to", metavar="TIME")] = None,
    place: Place = None,
    as_json: Json = False,
) -> None:
    """Change a draft or supplement a return; what is not named stays as it is."""
    whole = span(begin, end) if begin is not None else None
    with signed_in() as server:
        form = _form(access_request(server, request))
        told = {"basis": basis, "matter": matter, "case_number": case_number, "reason": reason}
        form["purpose"] |= {name: text for name, text in told.items() if text is not None}
        form["investigators"] = investigators or form["investigators"]
        form["place"] = form["place"] if place is None else stated_place(place)
        if cameras:
            form["lines"] = asked_lines(server, cameras, whole)
        elif whole is not None:
            moved = {"begin": whole.begin.isoformat(), "end": whole.end.isoformat()}
            form["lines"] = [{**line, **moved} for line in form["lines"]]
        show_request(server.put(f"/access-requests/{form.pop('id')}", form), as_json=as_json)


@app.verb("submit")
def submit(request: Reference, *, as_json: Json = False) -> None:
    """Send a draft or a supplemented return to the center."""
    with signed_in() as server:
        found = access_request(server, request)
        show_request(server.post(f"/access-requests/{found['id']}/submit"), as_json=as_json)


@app.verb("withdraw")
def withdraw(request: Reference, reason: Annotated[str, Option("--reason")], *, as_json: Json = False) -> None:
    """Take a request back, and all that was granted for it."""
    with signed_in() as server:
        found = access_request(server, request)
        done = server.post(f"/access-requests/{found['id']}/withdraw", {"reason": reason})
    show_request(done, as_json=as_json)


@app.verb("close")
def close(request: Reference, report: Annotated[str, Option("--report")], *, as_json: Json = False) -> None:
    """Report what the footage was used for and close the request."""
    with signed_in() as server:
        found = access_request(server, request)
        done = server.post(f"/access-requests/{found['id']}/close", {"report": report})
    show_request(done, as_json=as_json)


app.add_typer(previews.app)
app.add_typer(decisions.app)
app.add_typer(attachments.app)


def _form(shown_request: dict[str, Any]) -> dict[str, Any]:
    """Return the form behind a request as it was filled in last, with the id of the request."""
    return {
        "id": shown_request["id"],
        "purpose": dict(shown_request["purpose"]),
        "investigators": [person["login"] for person in shown_request["investigators"]],
        "lines": [
            {"camera": line["camera"]["id"], "begin": line["begin"], "end": line["end"]}
            for line in shown_request["lines"]
        ],
        "terms": shown_request["terms"],
        "urgent": shown_request["urgent"],
        "place": shown_request["place"],
    }


def stated_place(text: str | None) -> dict[str, object] | None:
    """Read LON,LAT or LON,LAT=NAME, where it happened; nothing, or an empty text, is no place.

    Raises:
        Invalid: `bad-place`.
    """
    if not text:
        return None
    spot, _, name = text.partition("=")
    longitude, latitude = spot_of(spot, "--place")
    return {"longitude": longitude, "latitude": latitude, "name": name.strip()}


def asked_lines(server: Server, cameras: Sequence[str], whole: TimeSpan | None) -> list[dict[str, str]]:
    """Read CAMERA or CAMERA=BEGIN/END; a camera without a span of its own takes that of --from and --to.

    Raises:
        Invalid: a camera has no span at all.
    """
    lines = []
    for text in cameras:
        named, equals, own = text.partition("=")
        asked = interval(own, "--camera") if equals else whole
        if asked is None:
            raise Invalid("span-missing", pointer="/lines", camera=named[:80])
        key = camera(server, named)["id"]
        lines.append({"camera": key, "begin": asked.begin.isoformat(), "end": asked.end.isoformat()})
    return lines


def _row(row: dict[str, Any]) -> dict[str, object]:
    return {**row, "department": row["department"]["name"], "created_at": shown(row["created_at"])}
