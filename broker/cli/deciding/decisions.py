"""The verbs of those who decide on a request: the center, then the departments that own the cameras."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from typer import Argument, Option

from broker.cli.client.credentials import signed_in
from broker.cli.client.references import access_request
from broker.cli.client.server import Server
from broker.cli.deciding.narrowing import decided_lines, decided_terms, field_remarks, remarks_of
from broker.cli.footage.grant_page import show_grant
from broker.cli.grammar import Json, Noun
from broker.cli.instants import instant
from broker.cli.requests.request_page import show_request
from broker.domain.errors import Conflict, Unknown
from broker.domain.footage.grants import LONGEST_SIDE, SHORTEST_SIDE

Reference = Annotated[str, Argument(metavar="NUMBER|ID")]
Only = Annotated[list[str] | None, Option("--only", metavar="CAMERA[=BEGIN/END]")]
Begin = Annotated[str | None, Option("--from", metavar="TIME")]
End = Annotated[str | None, Option("--to", metavar="TIME")]
Days = Annotated[int | None, Option("--days", min=1, max=30)]
NoOriginals = Annotated[bool, Option("--no-originals")]
LongestSide = Annotated[int | None, Option("--longest-side", min=SHORTEST_SIDE, max=LONGEST_SIDE)]
Department = Annotated[str | None, Option("--department", metavar="CODE")]
Reason = Annotated[str, Option("--reason")]

app = Noun()


@app.verb("approve")
def approve(
    request: Reference,
    *,
    only: Only = None,
    begin: Begin = None,
    end: End = None,
    days: Days = None,
    no_originals: NoOriginals = False,
    longest_side: LongestSide = None,
    comment: Annotated[str, Option("--comment")] = "",
    as_json: Json = False,
) -> None:
    """Approve the need, whole or narrower."""
    with signed_in() as server:
        found = access_request(server, request)
        lines = [line for item in found["items"] for line in item["lines"]]
        body = {
            "revision": found["revision"],
            "lines": decided_lines(lines, "asked", only or (), _time(begin, "--from"), _time(end, "--to")),
            "terms": decided_terms(found["terms"], days, no_originals=no_originals, longest_side=longest_side),
            "comment": comment,
        }
        show_request(server.post(f"/access-requests/{found['id']}/approve", body), as_json=as_json)


@app.verb("return")
def send_back(
    request: Reference,
    *,
    comment: Annotated[str, Option("--comment")],
    remark: Annotated[list[str] | None, Option("--remark", metavar="POINTER=TEXT")] = None,
    department: Department = None,
    as_json: Json = False,
) -> None:
    """Return the request for supplement, as the center or as an owner."""
    with signed_in() as server:
        found = access_request(server, request)
        body = {"revision": found["revision"], "comment": comment, "remarks": field_remarks(remark or ())}
        if found["state"] == "DEPARTMENT_REVIEW":
            place = f"/request-items/{_waiting_item(server, found, department)['id']}"
        else:
            place = f"/access-requests/{found['id']}"
        show_request(server.post(f"{place}/return", body), as_json=as_json)


@app.verb("reject")
def reject(request: Reference, reason: Reason, *, as_json: Json = False) -> None:
    """Refuse the need for good."""
    with signed_in() as server:
        found = access_request(server, request)
        body = {"revision": found["revision"], "reason": reason}
        show_request(server.post(f"/access-requests/{found['id']}/reject", body), as_json=as_json)


@app.verb("authorize")
def authorize(
    request: Reference,
    *,
    only: Only = None,
    begin: Begin = None,
    end: End = None,
    days: Days = None,
    no_originals: NoOriginals = False,
    longest_side: LongestSide = None,
    remark: Annotated[list[str] | None, Option("--remark", metavar="CAMERA=TEXT")] = None,
    department: Department = None,
    as_json: Json = False,
) -> None:
    """Authorize all or some cameras of the own department."""
    with signed_in() as server:
        found = access_request(server, request)
        item = _waiting_item(server, found, department)
        lines: Sequence[Mapping[str, Any]] = item["lines"]
        body = {
            "revision": found["revision"],
            "lines": decided_lines(lines, "approved", only or (), _time(begin, "--from"), _time(end, "--to")),
            "terms": decided_terms(item["terms"], days, no_originals=no_originals, longest_side=longest_side),
            "remarks": remarks_of(lines, remark or ()),
        }
        show_grant(server.post(f"/request-items/{item['id']}/authorize", body), as_json=as_json)


@app.verb("refuse")
def refuse(request: Reference, reason: Reason, department: Department = None, *, as_json: Json = False) -> None:
    """Refuse the part of the own department."""
    with signed_in() as server:
        found = access_request(server, request)
        item = _waiting_item(server, found, department)
        body = {"revision": found["revision"], "reason": reason}
        show_request(server.post(f"/request-items/{item['id']}/refuse", body), as_json=as_json)


def _waiting_item(server: Server, request: Mapping[str, Any], department: str | None) -> dict[str, Any]:
    """Return the part of a request that waits for this person.

    Raises:
        Unknown: none does.
        Conflict: several do, and no department was named.
    """
    waiting = [item for item in server.pages("/request-items") if item["request"]["id"] == request["id"]]
    fitting = [item for item in waiting if department in {None, item["department"]["code"]}]
    if not fitting:
        raise Unknown("nothing-waits", request=request["number"])
    if len(fitting) > 1:
        codes = ", ".join(item["department"]["code"] for item in fitting)
        raise Conflict("several-wait", request=request["number"], departments=codes)
    return fitting[0]


def _time(text: str | None, option: str) -> Any:
    return instant(text, option) if text is not None else None


def own_item(request: Mapping[str, Any], department: str | None) -> Mapping[str, Any]:
    """Return the part of a request that an owner sees, named by its department where there are several.

    Raises:
        Unknown: there is none.
        Conflict: there are several, and no department was named.
    """
    fitting = [item for item in request["items"] if department in {None, item["department"]["code"]}]
    if not fitting:
        raise Unknown("nothing-waits", request=request["number"])
    if len(fitting) > 1:
        codes = ", ".join(item["department"]["code"] for item in fitting)
        raise Conflict("several-wait", request=request["number"], departments=codes)
    found: Mapping[str, Any] = fitting[0]
    return found
