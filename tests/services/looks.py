"""Looks made up for the register: orders of real people, results without a recorder."""

import hashlib
from datetime import timedelta

from broker.bootstrap import Broker, operator
from broker.domain.footage.grants import Grant
from broker.domain.footage.media import Ask, Capture, ClipAsk, SnapshotAsk
from broker.domain.footage.retrievals import EvidenceItem, Retrieval, accept, start
from broker.domain.oversight.register import RegisterLine, Sought
from broker.domain.time import TimeSpan
from tests.city import City

CONTENT = b"not a film, but bytes all the same" * 100


def picture(grant: Grant, seconds: float = 1) -> Ask:
    """Return a picture inside the first window of a grant."""
    return SnapshotAsk("", grant.lines[0].window.begin + timedelta(seconds=seconds))


def clip(grant: Grant, seconds: float = 10) -> Ask:
    begin = grant.lines[0].window.begin
    return ClipAsk("", TimeSpan(begin, begin + timedelta(seconds=seconds)))


def made_ready(broker: Broker, retrieval: Retrieval) -> Retrieval:
    """Hand in a result as a worker would."""
    blob = broker.blobs.put_stream(iter([CONTENT]))
    assert blob.digest == hashlib.sha256(CONTENT).hexdigest()
    with broker.work() as work:
        grant = work.grants.load(retrieval.grant_id, None)
        began = start(retrieval)
        at = retrieval.ask.span.begin if isinstance(retrieval.ask, ClipAsk) else retrieval.ask.instant
        capture = Capture("video/mp4", "mp4", "h264", 640, 360, 25, at, at, ())
        ended = accept(
            began.after, began.after.attempt, (EvidenceItem(1, blob.digest, blob.size, capture),), (), 0.0, work.now
        )
        permit = broker.policy.note(operator("tests"), "tests")
        for before, change in ((retrieval, began), (began.after, ended)):
            work.retrievals.save(before, change.after)
            work.audit.append(permit, change.entries, case=grant.request_id)
        work.commit(permit)
        return ended.after


def lines(broker: Broker, city: City, login: str = "auditor", sought: Sought | None = None) -> list[RegisterLine]:
    return list(broker.register.page(city.caller(broker, login), sought or Sought(), after=0, limit=1000))
