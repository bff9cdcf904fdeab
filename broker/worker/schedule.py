"""What runs by the clock. Nothing here is needed for safety: it picks up after crashes and tidies."""

import logging

from procrastinate import App

from broker.bootstrap import Broker
from storage.db.jobs import LAST, NOTICES_QUEUE, SOURCES_QUEUE

SWEEP = "* * * * * */5"  # every five seconds: the sixth field counts them

CLOCK = "* * * * * */20"

EACH_MINUTE = "* * * * *"

logger = logging.getLogger(__name__)


def add_schedule(app: App, broker: Broker, stalled_after: float) -> None:
    """Register the periodic tasks with the job engine."""

    @app.periodic(cron=SWEEP)
    @app.task(name="take_over_stalled", queue=NOTICES_QUEUE, queueing_lock="take_over_stalled")
    async def take_over_stalled(timestamp: int) -> None:  # noqa: ARG001  # the engine tells when it was due
        """Give the jobs of workers that are gone to the others."""
        for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=stalled_after):
            logger.warning("taking over job %s of a worker that is gone", job.id)
            await app.job_manager.retry_job(job)

    @app.periodic(cron=CLOCK)
    @app.task(name="watch_deadlines", queue=NOTICES_QUEUE, queueing_lock="watch_deadlines")
    def watch_deadlines(timestamp: int) -> None:  # noqa: ARG001  # the engine tells when it was due
        """Remind, escalate, and write down what has lapsed; beside the notices, so that no long fetch is waited for."""
        broker.deadlines.tick()

    @app.periodic(cron=EACH_MINUTE)
    @app.task(name="probe_sources", queue=SOURCES_QUEUE, queueing_lock="probe_sources")
    def probe_sources(timestamp: int) -> None:  # noqa: ARG001  # the engine tells when it was due
        """Ask the sources that are due how they are."""
        broker.source_health.tick()

    @app.periodic(cron=EACH_MINUTE)
    @app.task(name="look_at_points", queue=SOURCES_QUEUE, queueing_lock="look_at_points", priority=LAST)
    def look_at_points(timestamp: int) -> None:  # noqa: ARG001  # the engine tells when it was due
        """Look at some of the points that are due; the others wait for the next turn."""
        broker.point_looks.tick()

    @app.periodic(cron=EACH_MINUTE)
    @app.task(name="settle_days", queue=NOTICES_QUEUE, queueing_lock="settle_days")
    def settle_days(timestamp: int) -> None:  # noqa: ARG001  # the engine tells when it was due
        """Add up what was seen, every half hour, and tell who fell below target."""
        broker.point_settlement.tick()

    @app.periodic(cron=EACH_MINUTE)
    @app.task(name="count_catalogue", queue=NOTICES_QUEUE, queueing_lock="count_catalogue")
    def count_catalogue(timestamp: int) -> None:  # noqa: ARG001  # the engine tells when it was due
        """Count the catalogue once a day, for the measures of periods that are over."""
        broker.measures.tick()

    @app.periodic(cron=EACH_MINUTE)
    @app.task(name="tidy_sealed_copies", queue=NOTICES_QUEUE, queueing_lock="tidy_sealed_copies")
    def tidy_sealed_copies(timestamp: int) -> None:  # noqa: ARG001  # the engine tells when it was due
        """Destroy sealed copies that have no ground any more, and erase what was destroyed or kept long enough."""
        broker.escrows.tick()

    @app.periodic(cron=EACH_MINUTE)
    @app.task(name="give_up_copies", queue=NOTICES_QUEUE, queueing_lock="give_up_copies")
    def give_up_copies(timestamp: int) -> None:  # noqa: ARG001  # the engine tells when it was due
        """Give up copies whose time is over and delete their bytes."""
        broker.retention.tick()
