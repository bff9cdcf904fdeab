"""`xueliang worker`: only the workers, beside servers on other machines that share database and store."""

import asyncio
from typing import Annotated

from typer import Option

from broker.bootstrap import open_broker
from broker.cli import screen
from broker.cli.grammar import Noun
from broker.cli.house.stopping import until_stopped
from broker.cli.machine import Data, settings_for
from broker.cli.notices.mail import say_if_off
from broker.logging import configure_logging
from broker.worker.process import until_told

app = Noun()


@app.verb("worker")
def worker(
    *,
    data: Data = None,
    concurrency: Annotated[int, Option("--concurrency", min=1, max=64)] = 2,
) -> None:
    """Fetch footage until a signal ends it; what is under way then is finished or given back."""
    settings = settings_for(data)
    configure_logging(settings.log_level, settings.log_format)
    with until_stopped(), open_broker(settings) as broker:
        broker.blobs.check()
        say_if_off(broker)
        screen.note("worker.ready", concurrency=concurrency)
        asyncio.run(until_told(broker, concurrency))
    screen.note("serve.stopped")
