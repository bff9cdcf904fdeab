"""Who asks for points that have recorded a span finds those whose source has said so, as they are bound now."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from broker.bootstrap import Broker, operator
from broker.domain.catalog.catalog import Camera
from broker.domain.catalog.finding import Question
from broker.domain.oversight.audit import Entry
from broker.domain.time import TimeSpan
from broker.services.catalog.finding import Wanted
from broker.services.sources.sources import NewSource
from storage.db.tables import recording_answer
from tests.city import City

ME = operator("tests")
EIGHT = datetime(2026, 5, 1, 8, tzinfo=UTC)


def hours(begin: float, end: float) -> TimeSpan:
    return TimeSpan(EIGHT + timedelta(hours=begin), EIGHT + timedelta(hours=end))


@pytest.fixture
def bound(broker: Broker, city: City, tmp_path: Path) -> Camera:
    """A camera on a channel of a source that was never asked for what it has."""
    for code in ("shelf", "other"):
        broker.sources.add(ME, NewSource(code, code, "local_files", {"folder": str(tmp_path)}, "dh-cg", 3))
    camera = city.cameras_of("dh-cg")[0]
    return broker.catalog.bind(ME, camera.gb_code or "", "shelf", "one")


def says(broker: Broker, camera: Camera, asked: TimeSpan, *has: TimeSpan) -> None:
    """Write down that the source of a camera was asked for a span and said what it has of it."""
    with broker.work() as work:
        permit = broker.policy.require(ME, "camera:import", ME.roles(work.now))
        work.audit.append(permit, (Entry("catalogue/tests", "catalogue:imported", {}),))
        row = {
            "camera_id": camera.id, "source_id": camera.source_id, "channel": camera.channel, "asked_at": work.now,
            "span_begin": asked.begin, "span_end": asked.end,
            "begins": [part.begin for part in has], "ends": [part.end for part in has],
        }  # fmt: skip
        work._open.execute(insert(recording_answer).values(row))
        work.commit(permit)


@pytest.mark.parametrize(
    ("has", "wanted", "found"),
    [
        ((hours(0, 4),), hours(1, 2), True),
        ((hours(0, 4),), hours(0, 4), True),
        ((hours(0, 2), hours(2, 4)), hours(1, 3), True),
        ((hours(0, 1.5), hours(1.6, 4)), hours(1, 2), False),
        ((hours(0, 1.5), hours(1.6, 4)), hours(2, 3), True),
        ((hours(0, 4),), hours(3, 5), False),
        ((hours(0, 4),), hours(-1, 1), False),
        ((), hours(1, 2), False),
    ],
)
def test_points_are_found_by_what_they_have_recorded(
    broker: Broker, bound: Camera, has: tuple[TimeSpan, ...], wanted: TimeSpan, found: bool
) -> None:
    says(broker, bound, hours(0, 4), *has)
    question = Wanted(Question(recorded=wanted))
    page = broker.finding.page(ME, question, after=None, limit=9)
    assert [point.id for point in page] == ([bound.id] if found else [])
    assert broker.finding.facets(ME, question).total == len(page)


def test_what_another_channel_said_is_not_the_points_own(broker: Broker, bound: Camera) -> None:
    says(broker, bound, hours(0, 4), hours(0, 4))
    question = Wanted(Question(recorded=hours(1, 2)))
    assert [point.id for point in broker.finding.page(ME, question, after=None, limit=9)] == [bound.id]
    broker.catalog.bind(ME, bound.gb_code or "", "shelf", "two")
    assert broker.finding.page(ME, question, after=None, limit=9) == []
    broker.catalog.bind(ME, bound.gb_code or "", "other", "one")
    assert broker.finding.page(ME, question, after=None, limit=9) == []
