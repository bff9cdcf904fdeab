"""Why a try of a job failed is kept beside it: the engine itself keeps only that it did."""

import logging
from collections.abc import Callable
from typing import Any

from procrastinate.job_context import JobContext
from procrastinate.worker import Worker

from broker.bootstrap import Broker
from broker.domain.errors import BrokerError

logger = logging.getLogger(__name__)


def noting_faults(broker: Broker) -> Callable[[Callable[[], Any], JobContext, Worker], Any]:
    """Return what the engine puts around each task that runs in a thread."""

    def noting(go_on: Callable[[], Any], context: JobContext, _worker: Worker) -> Any:
        try:
            return go_on()
        except Exception as fault:
            _note(broker, context.job.id, fault)
            raise

    return noting


def _note(broker: Broker, number: int | None, fault: Exception) -> None:
    if number is None:
        return
    try:
        broker.jobs.note_fault(number, fault)
    except BrokerError as error:  # most often the database itself is what was away
        logger.warning("why job %s failed could not be kept: %s", number, error)
