"""Turns at the processors are shared by processes and given back by the dead."""

import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.errors import SourceTimeout
from adapters.gateway import Gateway
from adapters.media.testcard import read_codes
from adapters.turns import turn
from broker.domain.footage.media import ClipAsk
from tests.adapters.recordings import CHANNEL, Recording, span

HOLDER = """
import fcntl, sys, time
file = open(sys.argv[1], "a")
fcntl.flock(file, fcntl.LOCK_EX)
print("held", flush=True)
time.sleep(600)
"""


def test_there_are_as_many_turns_as_files(tmp_path: Path) -> None:
    files = [str(tmp_path / name) for name in "ab"]
    with turn(files, 9, pytest.fail) as first, turn(files, 9, pytest.fail) as second:
        assert first
        assert second
        with turn(files, 0, pytest.fail) as third:
            assert not third
    with turn(files, 9, pytest.fail) as again:
        assert again
    with turn([], 9, pytest.fail) as free:
        assert not free


def test_the_dead_give_their_turn_back(tmp_path: Path) -> None:
    file = tmp_path / "a"
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(file)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with turn([str(file)], 0, pytest.fail) as held:
            assert not held
        holder.kill()
        with turn([str(file)], 30, pytest.fail) as held:
            assert held


def test_a_fetch_waits_for_its_turn(recording: Callable[[str], Recording], tmp_path: Path) -> None:
    source, file, out = recording("cfr"), tmp_path / "turn", tmp_path / "out"
    out.mkdir()
    gateway = Gateway(timedelta(seconds=60), 2 * 1024**3, silence=timedelta(seconds=3), turns=[file])
    ask, options = ClipAsk(CHANNEL, span(1, 3)), {"folder": str(source.folder)}
    with turn([str(file)], 0, pytest.fail), pytest.raises(SourceTimeout):
        gateway.fetch("local_files", options, ask, out, on_progress=lambda _: None, aborted=lambda: False)
    fetched = gateway.fetch("local_files", options, ask, out, on_progress=lambda _: None, aborted=lambda: False)
    assert [code for _, code in read_codes(out / fetched.pieces[0].file)] == source.within(ask.span)
