"""A grant as a person reads it: for whom, which footage, until when, how much of it is used."""

from collections.abc import Mapping
from typing import Any

from broker.cli import screen
from broker.cli.instants import shown, shown_span
from broker.cli.requests.request_page import conditions_of, name_of
from broker.cli.texts import tell


def show_grant(grant: Mapping[str, Any], *, as_json: bool) -> None:
    """Print a grant."""
    if as_json:
        screen.document(grant)
        return
    screen.fields({**grant_row(grant), **_more(grant)}, as_json=False)
    screen.plain()
    lines = [
        {
            "gb_code": line["camera"]["gb_code"],
            "camera": name_of(line["camera"]),
            "window": shown_span(line["window"]["begin"], line["window"]["end"]),
        }
        for line in grant["lines"]
    ]
    screen.rows(("gb_code", "camera", "window"), lines, as_json=False)


def grant_row(grant: Mapping[str, Any]) -> dict[str, object]:
    """Return a grant in one row."""
    used, quota = grant["used"], grant["terms"]["quota"]
    return {
        "id": grant["id"],
        "state": tell(f"state.{grant['state']}"),
        "department": name_of(grant["department"]),
        "persons": [name_of(person) for person in grant["persons"]],
        "cameras": len(grant["lines"]),
        "actions": grant["terms"]["actions"],
        "valid_until": shown(grant["valid"]["end"]),
        "used": ", ".join(f"{used[name]}/{quota[name]} {tell(f'unit.{name}')}" for name in ("snapshots", "seconds")),
    }


def _more(grant: Mapping[str, Any]) -> dict[str, object]:
    """Return what is too much for a row."""
    return {
        "request": grant["request"],
        "valid_from": shown(grant["valid"]["begin"]),
        "conditions": conditions_of(grant["terms"]),
        "emergency": grant["emergency"],
        "renews": grant["renews"],
    }
