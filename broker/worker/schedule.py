"""What runs by the clock. Nothing here is needed for safety: it picks up after crashes and tidies."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from procrastinate import App

from broker.bootstrap import Broker
from storage.db.house.jobs import LAST, NOTICES_QUEUE, SOURCES_QUEUE

SWEEP = "* * * * * */5"  # every five seconds: the sixth field counts them

CLOCK = "* * * * * */20"

EACH_MINUTE = "* * * * *"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Turn:
    """One method of one service that is called by the clock, one call at a time on all workers together."""

    name: str
    tick: Callable[[Broker], object]
    cron: str = EACH_MINUTE
    queue: str = NOTICES_QUEUE
    priority: int = 0


TURNS = (
    # Remind, escalate, and write down what has lapsed; beside the notices, so that no long fetch is waited for.
    Turn("watch_deadlines", lambda broker: broker.deadlines.tick(), CLOCK),
    # Ask the sources that are due how they are, and look at some of the points that are; the others wait a turn.
    Turn("probe_sources", lambda broker: broker.source_health.tick(), queue=SOURCES_QUEUE),
    Turn("look_at_points", lambda broker: broker.point_looks.tick(), queue=SOURCES_QUEUE, priority=LAST),
    # Add up what was seen, every half hour, and tell who fell below target.
    Turn("settle_days", lambda broker: broker.point_settlement.tick()),
    # Delete at night what was seen of points longer ago than it is kept.
    Turn("forget_old_health", lambda broker: broker.health_retention.tick(), priority=LAST),
    # Count the catalogue once a day, for the measures of periods that are over.
    Turn("count_catalogue", lambda broker: broker.measures.tick()),
    # Put lists away that somebody looked at and left lying.
    Turn("tidy_lists", lambda broker: broker.import_previews.tick(), priority=LAST),
    # Destroy sealed copies that have no ground any more, and erase what was destroyed or kept long enough.
    Turn("tidy_sealed_copies", lambda broker: broker.escrows.tick()),
    # Give up copies whose time is over and delete their bytes.
    Turn("give_up_copies", lambda broker: broker.retention.tick()),
)


def add_schedule(app: App, broker: Broker, stalled_after: float) -> None:
    """Register the periodic tasks with the job engine."""

    @app.periodic(cron=SWEEP)
    @app.task(name="take_over_stalled", queue=NOTICES_QUEUE, queueing_lock="take_over_stalled")
    async def take_over_stalled(timestamp: int) -> None:  # noqa: ARG001  # the engine tells when it was due
        """Give the jobs of workers that are gone to the others."""
        for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=stalled_after):
            logger.warning("taking over job %s of a worker that is gone", job.id)
            await app.job_manager.retry_job(job)

    for turn in TURNS:
        _add(app, broker, turn)


def _add(app: App, broker: Broker, turn: Turn) -> None:
    @app.periodic(cron=turn.cron)
    @app.task(name=turn.name, queue=turn.queue, queueing_lock=turn.name, priority=turn.priority)
    def take_turn(timestamp: int) -> None:  # noqa: ARG001  # the engine tells when it was due
        turn.tick(broker)
