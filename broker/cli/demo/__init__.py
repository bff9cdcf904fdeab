"""`xueliang demo`: one case walked through the real doors of a real server, each step checked as it is taken.

preparing    a database, a city, recordings, a catalogue       (as the operator of the machine)
deciding     request, approval, authorization                  (from here on everybody over HTTP)
retrieving   a snapshot and a clip, checked to the frame
refusing     what is refused, and what a revocation ends
tracing      the trace of it all, and how to go on
"""

import logging
from pathlib import Path
from typing import Annotated

from typer import Exit, Option

from broker.bootstrap import Broker, open_broker, operator
from broker.cli.crash import log_to_file
from broker.cli.demo.case import Case
from broker.cli.demo.deciding import approve, ask, authorize
from broker.cli.demo.packaging import make_key, package
from broker.cli.demo.players import Players
from broker.cli.demo.preparing import Wishes, fill_catalogue, found_city, record, tell_database
from broker.cli.demo.refusing import refuse, revoke_in_the_middle
from broker.cli.demo.retrieving import retrieve
from broker.cli.demo.stage import Stage
from broker.cli.demo.tracing import go_on, trace
from broker.cli.demo.workplace import Workplace
from broker.cli.environment import environment
from broker.cli.grammar import Noun
from broker.cli.house.serving import listening, serving_beside
from broker.cli.house.stopping import until_stopped
from broker.cli.machine import user_name
from broker.demo.city import CAMERAS, choose
from broker.demo.own_footage import scan
from broker.demo.plan import plan
from broker.demo.points import ENOUGH, demo_points
from broker.domain.errors import Invalid
from broker.settings import read_settings
from broker.worker.app import worker_thread

FOLDER = Path("xueliang-demo")
HOUR = 60
WORKERS = 2
INTERRUPTED = 130

app = Noun()


@app.verb("demo")
def demo(
    *,
    footage: Annotated[Path | None, Option("--footage", metavar="DIR")] = None,
    pattern: Annotated[str | None, Option("--pattern")] = None,
    folder: Annotated[Path, Option("--folder", metavar="DIR", hidden=True)] = FOLDER,
    minutes: Annotated[int, Option("--minutes", min=4, max=24 * HOUR, hidden=True)] = HOUR,
    points: Annotated[int, Option("--points", min=100, hidden=True)] = ENOUGH,
) -> None:
    """Play the whole of it; whatever is not as promised ends it with an error."""
    if pattern is not None and footage is None:
        raise Invalid("pattern-without-footage", pointer="/pattern")
    finished = False
    with until_stopped():
        # Before anything else: whoever brings files wants to hear at once that they cannot be used.
        own = scan(footage, pattern, environment().timezone, CAMERAS) if footage is not None else None
        _play(Stage(), Workplace(folder), Wishes(minutes, points, own))
        finished = True
    if not finished:
        raise Exit(INTERRUPTED)


def _play(stage: Stage, place: Workplace, wishes: Wishes) -> None:
    place.clear()
    log_to_file(place.log, logging.INFO)
    stage.step("database")
    # Never the database of the environment: the city is made up, and made anew each time.
    settings = read_settings(data=place.data, database_url=None, blobs_url=None, workers=WORKERS)
    with open_broker(settings) as broker:
        me = operator(user_name())
        tell_database(stage, broker)
        make_key(place.data)
        passwords = found_city(stage, broker, me, place)
        points = demo_points(wishes.points)
        stock = choose(points)
        footage = record(stage, wishes, place, stock)
        fill_catalogue(stage, broker, me, points, stock, footage)
        _walk(stage, broker, passwords, Case(stock, footage, plan(footage)), place)
    go_on(stage, place)


def _walk(stage: Stage, broker: Broker, passwords: dict[str, str], case: Case, place: Workplace) -> None:
    """Start the server and let everybody do their part through it."""
    with (
        listening("127.0.0.1", 0) as opened,
        worker_thread(broker, WORKERS),
        serving_beside(broker, opened) as url,
        Players(url, passwords) as players,
    ):
        stage.step("case")
        stage.narrate("server", url=url)
        ask(stage, players, case)
        approve(stage, players, case)
        authorize(stage, players, case)
        results = retrieve(stage, players, case, place.results)
        package(stage, players, results, place.results, place.data)
        stage.step("refusals")
        refuse(stage, players, case)
        revoke_in_the_middle(stage, players, case)
        trace(stage, players, case)
