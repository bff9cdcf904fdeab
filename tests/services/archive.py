"""A house with a clock of retention that the test turns."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text

from broker.bootstrap import Broker, build
from broker.domain.footage.grants import Grant
from broker.domain.footage.retrievals import Retrieval, RetrievalState
from broker.domain.ids import RequestId
from broker.domain.oversight.audit import Event
from broker.domain.oversight.holds import Hold
from tests.city import City
from tests.clock import Turned
from tests.services.looks import made_ready
from tests.web.three_servers import House

DAY = timedelta(days=1)
KEPT = timedelta(days=30)


@dataclass(frozen=True)
class Archive:
    """A house whose clock of retention the test turns; everything else goes by the real time."""

    house: House
    late: Broker
    clock: Turned

    @property
    def broker(self) -> Broker:
        return self.house.broker

    @property
    def city(self) -> City:
        return self.house.city

    def result(self, grant: Grant) -> Retrieval:
        """Return a result whose bytes are the same as those of all others made here."""
        return made_ready(self.broker, self.house.order(grant))

    def tick(self, after: timedelta) -> int:
        """Run the clock so long after the end of the grants that were issued a moment ago."""
        self.clock.at = self.house_end + after
        return self.late.retention.tick()

    @property
    def house_end(self) -> datetime:
        """When the last grant ends."""
        with self.broker.engine.connect() as connection:
            end: datetime = connection.execute(text("SELECT max(valid_until) FROM access_grant")).scalar_one()
            return end

    def state(self, retrieval: Retrieval) -> RetrievalState:
        with self.broker.work() as work:
            return work.retrievals.load(retrieval.id).state

    def kept(self, digest: str) -> bool:
        return self.broker.blobs.exists(digest)

    def hold(self, login: str, request: RequestId, until: timedelta = 90 * DAY) -> Hold:
        found = self.broker.holds.on_request(
            self.city.caller(self.broker, login), request, "复议", self.broker.clock.now() + until
        )
        return found.holds[0]

    def events(self, stream: str) -> Sequence[Event]:
        with self.broker.work() as work:
            return work.audit.stream(stream)


def archive_of(broker: Broker, city: City) -> Archive:
    clock = Turned()
    late = build(broker.settings, broker.database_url, broker.engine, clock)
    return Archive(House(broker, city), late, clock)
