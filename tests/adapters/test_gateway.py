"""The gateway comes back with an answer or with a plain error, whatever the adapter does to its process."""

import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.errors import (
    Aborted,
    AdapterBroken,
    AdapterError,
    AdapterNotLoadable,
    DecoderCrashed,
    InvalidOption,
    NoRecording,
    NoSpace,
    OutOfMemory,
    RecordingVanished,
    SourceTimeout,
    SourceUnreachable,
    UnknownAdapter,
    UnknownChannel,
    UnknownOption,
)
from adapters.gateway import Gateway
from adapters.media.testcard import read_codes
from broker.domain.footage.media import Ask, ClipAsk, Fetched, SnapshotAsk
from tests.adapters.conftest import GIGABYTE
from tests.adapters.recordings import CHANNEL, Recording, at, span

SECRET = "correct-horse-battery"
CLIP = ClipAsk(CHANNEL, span(1, 3))


def fetch(gateway: Gateway, adapter: str, options: Mapping[str, object], folder: Path, ask: Ask = CLIP) -> Fetched:
    return gateway.fetch(adapter, options, ask, folder, on_progress=lambda _: None, aborted=lambda: False)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Return a folder for results, with nothing else in it."""
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def gone(processes: list[int], within: float = 5) -> bool:
    until = time.monotonic() + within
    while any(alive(process) for process in processes):
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


def test_a_clip_comes_through_whole(gateway: Gateway, recording: Callable[[str], Recording], tmp_path: Path) -> None:
    told: list[float] = []
    source, target = recording("cfr"), tmp_path / "part-1.mp4"
    ask = ClipAsk(CHANNEL, span(3.3, 14.7))
    options = {"folder": str(source.folder)}
    gateway.fetch("local_files", options, ask, tmp_path, on_progress=told.append, aborted=lambda: False)
    assert [code for _, code in read_codes(target)] == source.within(ask.span)
    assert told == sorted(told)
    assert len(told) > 5
    assert told[-1] == ask.span.seconds
    assert list(tmp_path.iterdir()) == [target]


def test_questions_are_answered(gateway: Gateway, recording: Callable[[str], Recording]) -> None:
    options = {"folder": str(recording("gap").folder), "names": {CHANNEL: "人民路"}}
    assert gateway.probe("local_files", options).points == 1
    assert [(point.channel, point.name) for point in gateway.points("local_files", options)] == [(CHANNEL, "人民路")]
    assert gateway.coverage("local_files", options, CHANNEL, span(10, 30)) == (span(10, 20), span(26, 30))


def test_errors_arrive_as_they_left(gateway: Gateway, recording: Callable[[str], Recording], tmp_path: Path) -> None:
    options = {"folder": str(recording("gap").folder)}
    with pytest.raises(NoRecording) as caught:
        fetch(gateway, "local_files", options, tmp_path, SnapshotAsk(CHANNEL, at(22)))
    assert caught.value.nearby == (span(0, 20), span(26, 36))
    assert not caught.value.transient
    with pytest.raises(UnknownChannel):
        gateway.coverage("local_files", options, "nowhere", span(0, 1))
    with pytest.raises(SourceUnreachable) as unreachable:
        gateway.probe("local_files", {"folder": "/nowhere/at/all"})
    assert unreachable.value.transient
    with pytest.raises(UnknownOption) as unknown:
        gateway.probe("local_files", {**options, "port": 554})
    assert unknown.value.pointer == "/port"
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_adapter_names_those_installed(gateway: Gateway) -> None:
    with pytest.raises(UnknownAdapter) as caught:
        gateway.check_options("onvif_of_the_neighbour", {})
    assert "local_files" in str(caught.value.facts["installed"])
    assert caught.value.kind == "invalid"


def test_options_are_checked_without_a_source(gateway: Gateway) -> None:
    gateway.check_options("local_files", {"folder": "/nowhere/at/all"})
    with pytest.raises(InvalidOption) as caught:
        gateway.check_options("local_files", {"folder": "relative"})
    assert (caught.value.pointer, caught.value.kind) == ("/folder", "invalid")


def test_checking_options_loads_no_decoder() -> None:
    program = """
import sys
from datetime import timedelta
from adapters.gateway import Gateway
Gateway(timedelta(seconds=1), 1).check_options("local_files", {"folder": "/nowhere"})
print(sorted({"av", "cv2", "numpy"} & set(sys.modules)))
"""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    told = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert told.stdout == "[]\n"


def test_options_that_no_pipe_can_carry(gateway: Gateway) -> None:
    with pytest.raises(InvalidOption):
        gateway.probe("local_files", {"folder": object()})


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("segv", DecoderCrashed),
        ("killed", OutOfMemory),
        ("bad_alloc", OutOfMemory),
        ("exit", AdapterBroken),
        ("polite_exit", AdapterBroken),
        ("bug", AdapterBroken),
        ("strange", AdapterBroken),
        ("own", RecordingVanished),
        ("full", NoSpace),
    ],
)
def test_every_end_is_a_plain_error(
    fault: str, kind: type[AdapterError], gateway: Gateway, faulty: str, out: Path
) -> None:
    with pytest.raises(kind) as caught:
        fetch(gateway, faulty, {"fault": fault, "password": SECRET}, out)
    assert type(caught.value) is kind
    assert not any(out.iterdir())
    assert SECRET not in str(caught.value)
    assert "Traceback" not in str(caught.value)


def test_the_signal_and_the_limit_are_told(gateway: Gateway, faulty: str) -> None:
    with pytest.raises(DecoderCrashed) as crash:
        gateway.probe(faulty, {"fault": "segv"})
    assert crash.value.facts == {"signal": "SIGSEGV"}
    with pytest.raises(OutOfMemory) as hunger:
        Gateway(timedelta(seconds=60), GIGABYTE // 2).probe(faulty, {"fault": "hunger"})
    assert hunger.value.facts == {"megabytes": 512}


def test_too_little_memory_to_start_is_want_of_memory(recording: Callable[[str], Recording], tmp_path: Path) -> None:
    tight = Gateway(timedelta(seconds=60), GIGABYTE // 16)
    with pytest.raises(OutOfMemory):
        fetch(tight, "local_files", {"folder": str(recording("cfr").folder)}, tmp_path)


def test_a_hanging_adapter_ends_at_the_deadline_with_its_programs(faulty: str, tmp_path: Path, out: Path) -> None:
    note, started = tmp_path / "note", time.monotonic()
    with pytest.raises(SourceTimeout) as caught:
        fetch(Gateway(timedelta(seconds=3), 2 * GIGABYTE), faulty, {"fault": "hang", "note": str(note)}, out)
    assert time.monotonic() - started < 60  # the hang itself would go on for ten minutes
    assert caught.value.transient
    worker, guard, program = json.loads(note.read_text())
    assert gone([worker, guard, program])


def test_an_abort_ends_the_work_long_before_its_deadline(
    gateway: Gateway, faulty: str, tmp_path: Path, out: Path
) -> None:
    note, aborted_at = tmp_path / "note", [0.0]

    def aborted() -> bool:
        if note.exists() and note.stat().st_size and not aborted_at[0]:
            aborted_at[0] = time.monotonic()
        return bool(aborted_at[0])

    options = {"fault": "hang", "note": str(note)}
    with pytest.raises(Aborted):
        gateway.fetch(faulty, options, CLIP, out, on_progress=lambda _: None, aborted=aborted)
    assert time.monotonic() - aborted_at[0] < 30  # bench_revocation tells how fast; the deadline is five minutes away
    assert gone(json.loads(note.read_text()))
    assert not any(out.iterdir())


def test_an_abort_that_comes_with_the_last_byte_still_counts(
    gateway: Gateway, faulty: str, tmp_path: Path, out: Path
) -> None:
    note = tmp_path / "note"

    def finished() -> bool:
        # The child is known from here on and ends by itself; only then is the abort said.
        return note.exists() and note.stat().st_size > 0 and gone(json.loads(note.read_text())[:1])

    options = {"note": str(note)}
    with pytest.raises(Aborted):
        gateway.fetch(faulty, options, CLIP, out, on_progress=lambda _: None, aborted=finished)
    assert not any(out.iterdir())


def test_a_listener_that_fails_leaves_nothing_behind(gateway: Gateway, faulty: str, tmp_path: Path, out: Path) -> None:
    def failing(seconds: float) -> None:
        raise LookupError(seconds)

    note = tmp_path / "note"
    options = {"fault": "slow", "note": str(note)}
    with pytest.raises(LookupError):
        gateway.fetch(faulty, options, CLIP, out, on_progress=failing, aborted=lambda: False)
    assert not note.exists() or gone(json.loads(note.read_text() or "[]"))
    assert not list(out.iterdir())


def test_secrets_are_nowhere_to_be_seen(
    gateway: Gateway, faulty: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XUELIANG_DATABASE_URL", "postgresql://broker:parents-secret@db/broker")
    note = tmp_path / "note"
    gateway.probe(faulty, {"fault": "spy", "password": SECRET, "note": str(note)})
    seen = note.read_text()
    assert SECRET not in seen
    assert "parents-secret" not in seen
    assert "adapters.sandbox" in seen


def test_chatter_is_neither_an_answer_nor_kept(gateway: Gateway, faulty: str) -> None:
    assert gateway.probe(faulty, {"fault": "chatter"}).detail == "survived"


def test_the_log_has_the_cause_without_the_password(
    gateway: Gateway, faulty: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING), pytest.raises(AdapterBroken):
        gateway.probe(faulty, {"fault": "bug", "password": SECRET})
    assert "ZeroDivisionError" in caplog.text
    assert SECRET not in caplog.text
    with pytest.raises(SourceUnreachable) as caught:
        gateway.points(faulty, {})
    assert "hunter22" not in str(caught.value)


def test_what_a_source_says_is_checked(gateway: Gateway, faulty: str, out: Path) -> None:
    assert gateway.coverage(faulty, {}, CHANNEL, span(0, 10)) == (span(0, 10),)
    fetched = fetch(gateway, faulty, {}, out)  # it offers nine seconds more on either side
    assert fetched.missing == ()
    assert all(CLIP.span.holds_instant(code.instant) for _, code in read_codes(out / fetched.pieces[0].file))


def test_adapters_that_cannot_be_had(gateway: Gateway, faulty: str) -> None:
    assert faulty
    with pytest.raises(AdapterNotLoadable) as caught:
        gateway.check_options("unimportable", {})
    assert caught.value.facts["package"] == "faulty"
    with pytest.raises(AdapterBroken):
        gateway.check_options("no_adapter", {})
