"""Order footage and wait for it."""

import time
from datetime import datetime
from typing import Any

from broker.cli.client.server import Server
from broker.cli.progress import ProgressBar
from broker.cli.texts import tell
from broker.domain.errors import Forbidden, SourceFault
from broker.domain.time import TimeSpan

POLL = 0.25  # seconds between two looks at an order
ENDED_WELL = frozenset({"READY", "DELIVERED"})

Record = dict[str, Any]


def order_snapshot(
    server: Server, camera: str, instant: str, grant: str | None = None, *, original: bool = False, png: bool = False
) -> Record:
    """Order the picture shown at an instant."""
    body = _order(camera, "snapshot", grant, instant=instant, original=original, format="png" if png else "jpeg")
    ordered: Record = server.post("/retrievals", body)
    return ordered


def order_clip(
    server: Server, camera: str, span: TimeSpan, grant: str | None = None, *, original: bool = False
) -> Record:
    """Order the pictures of a span."""
    begin, end = span.begin.isoformat(), span.end.isoformat()
    body = _order(camera, "clip", grant, begin=begin, end=end, original=original)
    ordered: Record = server.post("/retrievals", body)
    return ordered


def wait_for(server: Server, retrieval: Record) -> Record:
    """Follow an order to its end with a progress bar, and return it then.

    Raises:
        SourceFault: the source gave nothing; the server says why.
        Forbidden: the grant ended meanwhile.
    """
    total = seconds_of(retrieval)
    with ProgressBar(tell(f"retrieve.{retrieval['action']}")) as bar:
        while retrieval["state"] in {"QUEUED", "FETCHING"}:
            bar.reach(min(retrieval["progress"], total), total, tell(f"state.{retrieval['state']}"))
            time.sleep(POLL)
            retrieval = server.get(f"/retrievals/{retrieval['id']}")
        if retrieval["state"] in ENDED_WELL:
            bar.reach(total, total, tell(f"state.{retrieval['state']}"))
            return retrieval
    told = retrieval["error"] or {"slug": "no-result", "detail": ""}
    kind = Forbidden if retrieval["state"] == "ABORTED" else SourceFault
    raise kind(told["slug"], said=told["detail"])


def seconds_of(retrieval: Record) -> float:
    """Return how much footage an order asks for; a snapshot counts as one second."""
    span = retrieval["asked"]["span"]
    return _span(span).seconds if span else 1.0


def _span(told: Record) -> TimeSpan:
    return TimeSpan(datetime.fromisoformat(told["begin"]), datetime.fromisoformat(told["end"]))


def _order(camera: str, action: str, grant: str | None, **wanted: str | bool) -> Record:
    return {"camera": camera, "action": action, **wanted} | ({"grant": grant} if grant else {})
