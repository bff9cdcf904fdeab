"""What each job does: one service method a task."""

from uuid import UUID

from procrastinate import App, RetryStrategy

from broker.bootstrap import Broker
from broker.domain.errors import Unavailable
from broker.domain.ids import RetrievalId
from storage.db.jobs import RETRIEVE

AGAIN = RetryStrategy(max_attempts=100, wait=2, retry_exceptions={Unavailable})
"""The broker's own database or store was away: try again; every other end is written down by the service."""


def add_tasks(app: App, broker: Broker) -> None:
    """Register the tasks with the job engine."""

    @app.task(name=RETRIEVE, retry=AGAIN)
    def retrieve(retrieval: str) -> None:
        broker.runs.run(RetrievalId(UUID(retrieval)))
