"""`xueliang serve`: the web server, workers beside it and, where none is configured, the database."""

from typing import Annotated

from typer import Option

from broker.bootstrap import open_broker
from broker.cli import screen
from broker.cli.grammar import Noun
from broker.cli.house.serving import listening, serve_here, url_of
from broker.cli.house.stopping import until_stopped
from broker.cli.machine import Data, settings_for
from broker.cli.notices.mail import say_if_off
from broker.logging import configure_logging
from broker.worker.process import workers_beside

app = Noun()


@app.verb("serve")
def serve(
    *,
    data: Data = None,
    host: Annotated[str | None, Option("--host", metavar="ADDRESS")] = None,
    port: Annotated[int | None, Option("--port", min=0, max=65535)] = None,
    workers: Annotated[int | None, Option("--workers", min=0, max=64)] = None,
) -> None:
    """Serve until a signal ends it."""
    settings = settings_for(data, host=host, port=port, workers=workers)
    configure_logging(settings.log_level, settings.log_format)
    with (
        until_stopped(),
        listening(settings.host, settings.port) as opened,
        open_broker(settings, share=False) as broker,
        workers_beside(broker, settings.workers),
    ):
        url = url_of(opened)
        broker.blobs.check()
        say_if_off(broker)
        serve_here(broker, opened, lambda: screen.note("serve.ready", url=url, data=settings.data))
    screen.note("serve.stopped")
