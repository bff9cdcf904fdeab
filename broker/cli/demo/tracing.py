"""Act seven: the trace of the whole case as the auditor reads it, where everything lies, and how to go on."""

from typing import Any

from broker.cli.demo.case import Case
from broker.cli.demo.players import Players
from broker.cli.demo.stage import Stage
from broker.cli.demo.workplace import Workplace
from broker.cli.instants import shown
from broker.cli.texts import known, tell
from broker.demo.people import AUDITOR

EXPECTED = frozenset(
    {
        "access_request:drafted",
        "access_request:submitted",
        "access_request:approved",
        "request_item:authorized",
        "request_item:refused",
        "access_request:decided",
        "grant:issued",
        "retrieval:ordered",
        "retrieval:ready",
        "retrieval:opened",
        "retrieval:delivered",
        "retrieval:refused",
        "grant:revoked",
    }
)
"""What the case has left behind when everything went as told."""


def trace(stage: Stage, players: Players, case: Case) -> None:
    """Print every event of the case and have the whole trace verified."""
    stage.step("trace")
    server = players[AUDITOR]
    events = list(server.pages("/audit", case=case.request["id"], limit=200))
    for event in events:
        stage.show(_line(event))
    lacking = EXPECTED - {event["kind"] for event in events}
    stage.promise(not lacking, "trace-incomplete", kinds=", ".join(sorted(lacking)))
    found = server.post("/audit/verify")
    stage.promise(not found["faults"], "trace-broken", faults=len(found["faults"]))
    stage.narrate("verified", events=found["events"], streams=found["streams"])


def go_on(stage: Stage, place: Workplace) -> None:
    """Say where the files are, how long it took and what can be done next."""
    spent = stage.end()
    stage.narrate("files", folder=place.results)
    for file in sorted(place.results.iterdir()):
        stage.show(str(file))
    stage.narrate("people", file=place.people)
    took = ", ".join(f"{title} {seconds:.1f}" for title, seconds in spent)
    stage.narrate("took", total=round(sum(seconds for _, seconds in spent), 1), steps=took)
    stage.narrate("go-on", data=place.data)


def _line(event: dict[str, Any]) -> str:
    slug = f"event.{event['kind']}"
    what = tell(slug) if known(slug) else event["kind"]
    return f"{shown(event['at'])}  {event['actor_name'] or event['actor']}  {what}  {_about(event)}".rstrip()


def _about(event: dict[str, Any]) -> str:
    told = (event["data"].get(name) for name in ("number", "comment", "reason", "error", "digest", "bytes"))
    return " ".join(str(value)[:24] for value in told if value)
