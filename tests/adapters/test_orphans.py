"""When the worker itself is killed, nothing that it started lives on."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.adapters.test_gateway import gone

WORKER = """
import sys
from datetime import timedelta
from pathlib import Path
from adapters.gateway import Gateway
from broker.domain.footage.media import ClipAsk
from tests.adapters.recordings import CHANNEL, span
Gateway(timedelta(minutes=5), 2 * 1024**3).fetch(
    "faulty", {"fault": "hang", "note": sys.argv[1]}, ClipAsk(CHANNEL, span(0, 1)), Path(sys.argv[2]),
    on_progress=lambda _: None, aborted=lambda: False,
)
"""


def noted(note: Path, *, members: int) -> list[int]:
    """The pids of the family; the child alone is noted first, before it has started a program of its own."""
    family: list[int] = []
    until = time.monotonic() + 30
    while len(family) < members and time.monotonic() < until:
        time.sleep(0.05)
        family = json.loads(note.read_text()) if note.exists() else []
    return family


def test_kill_nine_takes_the_whole_family(faulty: str, tmp_path: Path) -> None:
    assert faulty
    note = tmp_path / "note"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen([sys.executable, "-c", WORKER, str(note), str(tmp_path)], env=environment) as worker:
        family = noted(note, members=3)
        worker.send_signal(signal.SIGKILL)
    assert len(family) == 3
    assert gone(family)
