"""The workers of `serve`, in a process of their own: what a hundred jobs do in Python never holds up an answer.

CPython runs the Python of one thread at a time (PEP 703 tells why); a burst of jobs in the web server's process made
one answer in a hundred wait half as long again.
"""

import asyncio
import logging
import multiprocessing
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import SpawnProcess

from pydantic import SecretStr

from broker.bootstrap import Broker, open_broker
from broker.domain.errors import Unavailable
from broker.logging import configure_logging
from broker.settings import Settings
from broker.worker.app import build_app, work

LOOK = 0.5  # seconds between two looks whether the workers still live
START_AGAIN = 2.0  # seconds; workers that cannot start must not take the machine for themselves

logger = logging.getLogger(__name__)


async def until_told(broker: Broker, concurrency: int, *, parent: int | None = None) -> None:
    """Work until a signal ends it, or the process behind the sentinel `parent` is gone."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if parent is not None:
        loop.add_reader(parent, stop.set)
    await work(build_app(broker), concurrency=concurrency, stop=stop)


@contextmanager
def workers_beside(broker: Broker, concurrency: int) -> Iterator[None]:
    """Keep a process of workers running for as long as the block lasts; one that dies is followed by another.

    At the end the workers finish what is under way. They end too when this process is killed.
    """
    if concurrency == 0:
        yield
        return
    # The database may be one that this process runs: found by its address, a second one is never started.
    settings = broker.settings.model_copy(update={"database_url": SecretStr(broker.database_url)})
    stop = threading.Event()
    keeper = threading.Thread(target=_keep, args=(settings, concurrency, stop), name="keeper of the workers")
    keeper.start()
    try:
        yield
    finally:
        stop.set()
        keeper.join()


def _keep(settings: Settings, concurrency: int, stop: threading.Event) -> None:
    while not stop.is_set():
        process = multiprocessing.get_context("spawn").Process(target=_run, args=(settings, concurrency))
        process.start()
        if _lives_until(stop, process):
            process.terminate()
            process.join()
            return
        logger.warning("the workers ended unasked (%s) and are started again", process.exitcode)
        stop.wait(START_AGAIN)


def _lives_until(stop: threading.Event, process: SpawnProcess) -> bool:
    while not stop.wait(LOOK):
        if not process.is_alive():
            return False
    return True


def _run(settings: Settings, concurrency: int) -> None:
    """Be the process of workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches both; the server tells when it is time to end
    configure_logging(settings.log_level, settings.log_format)
    parent = multiprocessing.parent_process()
    try:
        with open_broker(settings) as broker:
            asyncio.run(until_told(broker, concurrency, parent=parent.sentinel if parent else None))
    except Unavailable as error:
        logger.warning("the workers cannot start: %s", error)
        sys.exit(1)
