"""Who will have to decide, as a person reads it."""

from collections.abc import Mapping
from typing import Any

from broker.cli import screen
from broker.cli.instants import shown
from broker.cli.requests.request_page import name_of

COLUMNS = ("department", "route", "cameras", "authorizations", "authorizers", "due", "conditions")


def show_plan(plan: Mapping[str, Any], *, as_json: bool, faults: bool = True) -> None:
    """Print a plan; the center first, then each department with its route."""
    if as_json:
        screen.document(plan)
        return
    if plan["center"]:
        screen.line(
            "plan.center", center=name_of(plan["center"]), approvals=plan["center_approvals"],
            approvers=plan["approvers"], due=shown(plan["due"]),
        )  # fmt: skip
    elif not plan["center_approvals"]:
        screen.line("plan.no-center")
    for skipped in plan["skipped"]:
        screen.line("plan.skipped", center=name_of(skipped))
    screen.rows(COLUMNS, map(_row, plan["parts"]), as_json=False)
    for fault in plan["faults"] if faults else ():
        screen.plain(f"{fault['pointer']}\t{fault['detail']}")


def _row(part: Mapping[str, Any]) -> dict[str, object]:
    return {**part, "department": name_of(part["department"]), "due": shown(part["due"])}
