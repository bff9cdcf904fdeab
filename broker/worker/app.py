"""The job engine: Procrastinate over the broker's own database, in a process beside `serve` or as `xueliang worker`."""

import asyncio
import contextlib
import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import ConnectorException

from broker.bootstrap import Broker
from broker.worker.faults import noting_faults
from broker.worker.schedule import add_schedule
from broker.worker.tasks import add_tasks
from storage.db.engine import RUNTIME_ROLE
from storage.db.house.jobs import FOOTAGE_QUEUE, NOTICES_QUEUE, SOURCES_QUEUE

FETCH_POLL = 0.5  # seconds; a notice wakes the worker sooner, this is for when the notice is lost
HEARTBEAT = 2.0
STALLED_AFTER = 8.0
START_AGAIN = 1.0
CONNECTIONS = 9  # three of them listen, one for each queue
COURIERS = 2  # notices that are delivered at once, beside the footage
SCOUTS = 3  # rounds of questions to sources at once, beside both: looks at points take most of a minute

SPARE = 4  # threads for what the engine does itself

logger = logging.getLogger(__name__)


def build_app(broker: Broker) -> App:
    """Return the job engine with the broker's tasks."""
    connector = PsycopgConnector(
        conninfo=broker.database_url,
        kwargs={"options": f"-c timezone=UTC -c role={RUNTIME_ROLE}", "application_name": "xueliang-worker"},
        max_size=CONNECTIONS,
    )
    app = App(connector=connector, worker_defaults={"task_middleware": [noting_faults(broker)]})
    add_tasks(app, broker)
    add_schedule(app, broker, STALLED_AFTER)
    return app


async def work(app: App, *, concurrency: int, stop: asyncio.Event) -> None:
    """Run jobs until `stop`; a database that goes away is waited for, and running jobs are finished first."""
    # The loop's own pool has a few threads a processor; jobs that wait for their sources would hold them all.
    threads = ThreadPoolExecutor(concurrency + COURIERS + SCOUTS + SPARE, thread_name_prefix="job")
    asyncio.get_running_loop().set_default_executor(threads)
    while not stop.is_set():
        try:
            async with app.open_async():
                await _work_until(app, concurrency, stop)
        except (ConnectorException, OSError) as error:
            logger.warning("the worker lost the database and starts again: %s", error)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), START_AGAIN)


async def _work_until(app: App, concurrency: int, stop: asyncio.Event) -> None:
    queues = ((FOOTAGE_QUEUE, concurrency), (NOTICES_QUEUE, COURIERS), (SOURCES_QUEUE, SCOUTS))
    running = [asyncio.create_task(_slots(app, queue, count)) for queue, count in queues]
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({*running, stopping}, return_when=asyncio.FIRST_COMPLETED)
    for task in (stopping, *running):
        task.cancel()
    for ended in await asyncio.gather(*running, return_exceptions=True):
        if isinstance(ended, Exception):
            raise ended


async def _slots(app: App, queue: str, count: int) -> None:
    """Work off one queue in so many slots."""
    await app.run_worker_async(
        name=queue,
        queues=[queue],
        concurrency=count,
        fetch_job_polling_interval=FETCH_POLL,
        update_heartbeat_interval=HEARTBEAT,
        stalled_worker_timeout=STALLED_AFTER,
        install_signal_handlers=False,
        shutdown_graceful_timeout=5,
        delete_jobs="successful",
    )


@contextlib.contextmanager
def worker_thread(broker: Broker, concurrency: int) -> Iterator[None]:
    """Run the workers in a thread of this process for as long as the block lasts: the demo serves nobody else."""
    if concurrency == 0:
        yield
        return
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(work(build_app(broker), concurrency=concurrency, stop=stop))
        loop.close()

    thread = threading.Thread(target=run, name="workers")
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
