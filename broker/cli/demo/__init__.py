"""`xueliang demo`: one case walked through the real doors of a real server, each step checked as it is taken.

    preparing    a database, a city, recordings, a catalogue       (as the operator of the machine)
    deciding     request, approval, authorization                  (from here on everybody over HTTP)
    retrieving   a snapshot and a clip, checked to the frame
    refusing     what is refused, and what a revocation ends
    tracing      the trace of it all, and how to go on
"""

from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from typer import Option

from broker.bootstrap import operator
from broker.cli.demo.case import Case
from broker.cli.demo.deciding import authorize, ask, approve
from broker.cli.demo.players import Players
from broker.cli.demo.preparing import Wishes, prepare
from broker.cli.demo.refusing import refuse, revoke_in_the_middle
from broker.cli.demo.retrieving import retrieve
from broker.cli.demo.stage import Stage
from broker.cli.demo.tracing import go_on, trace
from broker.cli.demo.workplace import Workplace
from broker.cli.grammar import Noun
from broker.cli.machine import user_name
from broker.cli.serving import listening, serving_beside
from broker.cli.stopping import until_stopped
from broker.demo.plan import plan
from broker.demo.points import ENOUGH
from broker.worker.app import worker_thread

FOLDER = Path("xueliang-demo")
HOUR = 60
WORKERS = 2

app = Noun()
