"""`xueliang emergency`: look first, answer for it within a day."""

from typing import Annotated

from typer import Argument, Option

from broker.cli import screen
from broker.cli.client.credentials import signed_in
from broker.cli.client.references import access_request
from broker.cli.deciding.decisions import own_item
from broker.cli.footage.grant_page import show_grant
from broker.cli.grammar import Json, Noun
from broker.cli.instants import span
from broker.cli.requests.access_requests import Place, asked_lines, stated_place
from broker.cli.requests.request_page import show_request

Reference = Annotated[str, Argument(metavar="NUMBER|ID")]
Reason = Annotated[str, Option("--reason")]

app = Noun()


@app.verb("open")
def open_emergency(
    *,
    basis: Annotated[str, Option("--basis", metavar="CODE")],
    matter: Annotated[str, Option("--matter", metavar="CODE")],
    case_number: Annotated[str, Option("--case", metavar="NUMBER")],
    reason: Reason,
    cameras: Annotated[list[str], Option("--camera", metavar="CAMERA[=BEGIN/END]")],
    begin: Annotated[str | None, Option("--from", metavar="TIME")] = None,
    end: Annotated[str | None, Option("--to", metavar="TIME")] = None,
    minutes: Annotated[int | None, Option("--minutes", min=1)] = None,
    place: Place = None,
    as_json: Json = False,
) -> None:
    """Open cameras at once."""
    whole = span(begin, end) if begin is not None else None
    with signed_in() as server:
        body = {
            "purpose": {"basis": basis, "matter": matter, "case_number": case_number, "reason": reason},
            "lines": asked_lines(server, cameras, whole),
            "minutes": minutes,
            "place": stated_place(place),
        }
        opened = server.post("/emergencies", body)
    if as_json:
        screen.document(opened)
        return
    show_request(opened["request"], as_json=False)
    for grant in opened["grants"]:
        screen.plain()
        show_grant(grant, as_json=False)


@app.verb("ratify")
def ratify(request: Reference, *, comment: Annotated[str, Option("--comment")] = "", as_json: Json = False) -> None:
    """Stand up for an emergency afterwards."""
    with signed_in() as server:
        key = access_request(server, request)["id"]
        show_request(server.post(f"/access-requests/{key}/ratify", {"comment": comment}), as_json=as_json)


@app.verb("disavow")
def disavow(request: Reference, reason: Reason, *, as_json: Json = False) -> None:
    """Refuse an emergency afterwards."""
    with signed_in() as server:
        key = access_request(server, request)["id"]
        show_request(server.post(f"/access-requests/{key}/disavow", {"reason": reason}), as_json=as_json)


@app.verb("veto")
def veto(
    request: Reference,
    reason: Reason,
    *,
    department: Annotated[str | None, Option("--department", metavar="CODE")] = None,
    as_json: Json = False,
) -> None:
    """End the part of the own department."""
    with signed_in() as server:
        item = own_item(access_request(server, request), department)
        show_request(server.post(f"/request-items/{item['id']}/veto", {"reason": reason}), as_json=as_json)
