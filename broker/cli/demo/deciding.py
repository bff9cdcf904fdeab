"""Act five, first half: a department asks, the center approves less, one owner authorizes in part, one refuses."""

from datetime import timedelta
from typing import Any

from broker.cli.demo.case import Case
from broker.cli.demo.players import Players
from broker.cli.demo.stage import Stage
from broker.cli.instants import shown_span
from broker.cli.texts import tell
from broker.demo.people import APPROVER, ASKER, CONSENTING, LOOKER, REFUSING
from broker.domain.time import TimeSpan

VALID_DAYS = 3
_MOST = timedelta(days=7)


def ask(stage: Stage, players: Players, case: Case) -> None:
    """Look what is recorded, write a request and submit it."""
    server = players[ASKER]
    case.cameras = [_camera(players, point.gb_code) for point in case.stock.points]
    coverage = server.get(f"/cameras/{case.cameras[2]['id']}/coverage", **_query(case.footage.channels[2].spans))
    gaps = ", ".join(shown_span(gap["begin"], gap["end"]) for gap in coverage["missing"]) or tell("demo.none")
    stage.narrate("coverage", camera=case.cameras[2]["name"], gaps=gaps)
    body = {
        "purpose": {
            "basis": "administrative",
            "matter": "environment",
            "case_number": tell("demo.purpose.case_number"),
            "reason": tell("demo.purpose.reason"),
        },
        "investigators": [LOOKER],
        "lines": [
            {"camera": camera["id"], "begin": span.begin.isoformat(), "end": span.end.isoformat()}
            for camera, span in zip(case.cameras, case.plan.asked, strict=True)
        ],
    }
    drafted = server.post("/access-requests", body)
    case.request = server.post(f"/access-requests/{drafted['id']}/submit")
    stage.promise(case.request["state"] == "CENTER_REVIEW", "wrong-state", state=case.request["state"])
    center = case.request["center"]["name"]
    stage.narrate("asked", number=case.request["number"], cameras=len(case.cameras), center=center)
    _tell_lines(stage, case, "asked")


def approve(stage: Stage, players: Players, case: Case) -> None:
    """Approve as the center, each span only half."""
    lines = [line for item in case.request["items"] for line in item["lines"]]
    spans = {camera["id"]: span for camera, span in zip(case.cameras, case.plan.approved, strict=True)}
    body = {
        "revision": case.request["revision"],
        "lines": [_kept(line["id"], spans[line["camera"]["id"]]) for line in lines],
        "terms": {**case.request["terms"], "valid_days": VALID_DAYS},
        "comment": tell("demo.comment"),
    }
    case.request = players[APPROVER].post(f"/access-requests/{case.request['id']}/approve", body)
    stage.promise(case.request["state"] == "DEPARTMENT_REVIEW", "wrong-state", state=case.request["state"])
    stage.narrate("approved", name=case.request["approver"]["name"], days=VALID_DAYS)
    _tell_lines(stage, case, "approved")


def authorize(stage: Stage, players: Players, case: Case) -> None:
    """Let one owner authorize two of its three cameras, and the other refuse."""
    server = players[CONSENTING]
    item = _waiting(players, CONSENTING, case)
    first, second, third = sorted(item["lines"], key=lambda line: _place(case, line["camera"]["id"]))
    body = {
        "revision": case.request["revision"],
        "lines": [{"line": line["id"], **line["approved"]} for line in (first, second)],
        "remarks": {third["id"]: tell("demo.remark")},
    }
    case.grant = server.post(f"/request-items/{item['id']}/authorize", body)
    stage.promise(len(case.grant["lines"]) == 2, "wrong-grant", cameras=len(case.grant["lines"]))  # noqa: PLR2004  # two of three
    stage.narrate("authorized", department=item["department"]["name"], remark=tell("demo.remark"))
    item = _waiting(players, REFUSING, case)
    body = {"revision": case.request["revision"], "reason": tell("demo.refusal")}
    players[REFUSING].post(f"/request-items/{item['id']}/refuse", body)
    stage.narrate("refused", department=item["department"]["name"], reason=tell("demo.refusal"))
    case.request = players[ASKER].get(f"/access-requests/{case.request['id']}")
    outcome = case.request["outcome"]
    stage.promise(outcome == "partially granted", "wrong-state", state=outcome)
    stage.narrate("decided", number=case.request["number"], outcome=tell(f"outcome.{outcome}"))


def _camera(players: Players, gb_code: str) -> dict[str, Any]:
    found: dict[str, Any] = players[ASKER].get("/cameras", text=gb_code)["items"][0]
    return found


def _query(spans: tuple[TimeSpan, ...]) -> dict[str, str]:
    """Ask for the last pieces of a recording, at most some days of it."""
    last = [span for span in spans if spans[-1].end - span.begin < _MOST]
    return {"begin": last[0].begin.isoformat(), "end": last[-1].end.isoformat()}


def _waiting(players: Players, login: str, case: Case) -> dict[str, Any]:
    return next(item for item in players[login].pages("/request-items") if item["request"]["id"] == case.request["id"])


def _place(case: Case, key: str) -> int:
    return [camera["id"] for camera in case.cameras].index(key)


def _kept(line: str, span: TimeSpan) -> dict[str, str]:
    return {"line": line, "begin": span.begin.isoformat(), "end": span.end.isoformat()}


def _tell_lines(stage: Stage, case: Case, which: str) -> None:
    for item in case.request["items"]:
        for line in item["lines"]:
            span = shown_span(line[which]["begin"], line[which]["end"])
            stage.show(f"{item['department']['name']} {line['camera']['name']} {span}")
