"""A request as a person reads it: who asks why, and camera by camera what was asked, approved and authorized."""

from collections.abc import Iterator, Mapping
from typing import Any

from broker.cli import screen
from broker.cli.instants import shown, shown_span
from broker.cli.texts import tell

COLUMNS = ("department", "item_state", "due", "camera", "asked", "approved", "authorized", "remark")

Record = Mapping[str, Any]


def show_request(request: Record, *, as_json: bool) -> None:
    """Print a request."""
    if as_json:
        screen.document(request)
        return
    screen.fields(_head(request), as_json=False)
    screen.plain()
    screen.rows(COLUMNS, _lines(request), as_json=False)
    if request["remarks"]:
        screen.plain()
        remarks = [{"field": field, "remark": remark} for field, remark in sorted(request["remarks"].items())]
        screen.rows(("field", "remark"), remarks, as_json=False)


def conditions_of(terms: Record) -> list[str]:
    """Return the conditions of a request or a grant in words."""
    told = [tell(f"condition.{name}") for name in terms["conditions"]]
    if terms["longest_side"]:
        told.append(tell("condition.longest_side", pixels=terms["longest_side"]))
    return [*told, tell("condition.originals")] if terms["originals"] else told


def name_of(reference: Record | None) -> str:
    """Return how a department, person or camera is told."""
    if not reference:
        return ""
    return str(reference.get("name") or reference.get("login") or reference.get("code") or reference["id"])


def _head(request: Record) -> dict[str, object]:
    terms = request["approved_terms"] or request["terms"]
    return {
        "number": request["number"],
        "id": request["id"],
        "state": tell(f"state.{request['state']}"),
        "outcome": tell(f"outcome.{request['outcome']}") if request["outcome"] else "",
        "revision": request["revision"],
        "due": shown(request["due"]) if request["due"] else "",
        "emergency": request["emergency"],
        "renews": request["renews"],
        "department": name_of(request["department"]),
        "requester": name_of(request["requester"]),
        "basis": request["purpose"]["basis"],
        "matter": request["purpose"]["matter"],
        "case_number": request["purpose"]["case_number"],
        "reason": request["purpose"]["reason"],
        "place": _place(request["place"]),
        "investigators": [name_of(person) for person in request["investigators"]],
        "actions": terms["actions"],
        "valid_days": terms["valid_days"],
        "conditions": conditions_of(terms),
        "center": name_of(request["center"]),
        "approver": name_of(request["approver"]),
        "comment": request["comment"],
        "report": request["report"],
    }


def _place(place: Record | None) -> str:
    return f"{place['name']} {place['longitude']:.6f},{place['latitude']:.6f}".strip() if place else ""


def _lines(request: Record) -> Iterator[dict[str, object]]:
    if not request["items"]:
        for line in request["lines"]:
            yield {"camera": name_of(line["camera"]), "asked": _span(line)}
    for item in request["items"]:
        for line in item["lines"]:
            yield {
                "department": name_of(item["department"]),
                "item_state": tell(f"state.{item['state']}"),
                "due": shown(item["due"]) if item["due"] else "",
                "camera": name_of(line["camera"]),
                "asked": _span(line["asked"]),
                "approved": _span(line["approved"]),
                "authorized": _span(line["authorized"]),
                "remark": line["remark"] or item["reason"],
            }


def _span(span: Record | None) -> str:
    return shown_span(span["begin"], span["end"]) if span else ""
