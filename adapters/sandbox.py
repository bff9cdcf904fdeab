"""The child: `python -m adapters.sandbox` reads one job from standard input and does it where a crash hurts nobody.

Two processes, because native code may hang or die at any instruction. The *guard* leads the process group, loads no
decoder, waits for the *worker* and reports how it ended. When the gateway's process dies, even by kill -9, the kernel
tells the guard, and the guard kills the whole group with whatever programs the adapter has started.
"""

import ctypes
import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NoReturn, Protocol, TypeVar

from adapters.base import Capability, SourceAdapter
from adapters.confinement import without_network
from adapters.errors import AdapterError
from adapters.looking import look
from adapters.media.face_model import FACE_MODEL
from adapters.registry import summon
from adapters.turns import turn
from adapters.wire import ANSWERS, RESULTS, Job, Message, told
from adapters.wrapping import only_adapter_errors
from broker.domain.footage.media import ClipAsk, SnapshotAsk

_PR_SET_PDEATHSIG = 1
# Progress is told at most once for so many seconds of footage.
_STEP_SECONDS = 0.5
# How long a fetch waits for its turn to code pictures; then it works all the same.
_PATIENCE = 120.0
# People who wait for a page come before footage, which takes its time anyway.
_NICE = 10


class Limited(Protocol):
    """What any job says of its limits."""

    memory_bytes: int
    parent: int


Given = TypeVar("Given", bound=Limited)
Answer = Callable[[Given, Callable[[float], None], Callable[[], None]], Message]
"""Does a job; told how to say how far it is, and that it is alive."""


def main() -> None:
    """Ask a source."""
    confined(Job.model_validate_json, _answer)


def confined(read: Callable[[bytes], Given], answer: Answer[Given]) -> None:
    """Read the job, become the guard, start the worker and report a death that it cannot report itself."""
    os.nice(_NICE)
    results = _results_pipe()
    job = read(sys.stdin.buffer.read())
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    signal.signal(signal.SIGTERM, lambda *_: os.killpg(0, signal.SIGKILL))
    _die_with_parent(signal.SIGTERM, job.parent)
    guard = os.getpid()
    worker = os.fork()
    if worker == 0:
        _die_with_parent(signal.SIGKILL, guard)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        _work(job, answer, results)
    _, status = os.waitpid(worker, 0)
    if os.WIFSIGNALED(status):
        _tell(results, Message(ended_by=signal.Signals(os.WTERMSIG(status)).name))
    else:
        _tell(results, Message(exit_code=os.waitstatus_to_exitcode(status)))


def _results_pipe() -> int:
    """Keep standard output for results; whatever libraries print goes to standard error instead."""
    results = os.dup(1)  # not inheritable: a program that the adapter starts cannot hold it open
    os.dup2(2, 1)
    return results


def _die_with_parent(by: signal.Signals, parent: int) -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(by), 0, 0, 0)
    if os.getppid() != parent:  # it died before the line above
        os._exit(1)


def _work(job: Given, do: Answer[Given], results: int) -> NoReturn:
    """Do the job under its limits and leave without running anybody's clean-up."""
    code = 1
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold footage and passwords
        resource.setrlimit(resource.RLIMIT_AS, (job.memory_bytes, job.memory_bytes))
        answer = do(
            job,
            lambda seconds: _tell(results, Message(progress=seconds)),
            lambda: _tell(results, Message(alive=True)),
        )
        _tell(results, answer)
        code = 0
    except BaseException:  # noqa: BLE001 - the last frame before the process ends: log, never a half-told result
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _answer(job: Job, progress: Callable[[float], None], alive: Callable[[], None]) -> Message:
    try:
        with only_adapter_errors(job.adapter):
            os.environ[FACE_MODEL] = job.face_model
            adapter = summon(job.adapter).configured(job.options)
            adapter.at_work = partial(_at_work, job.turns, alive)
            answer = _looked(adapter, job, alive) if job.call == "look" else _called(adapter, job, progress)
            return Message(result=ANSWERS[job.call].dump_python(answer, mode="json"))
    except AdapterError as error:
        if error.__cause__ is not None:
            traceback.print_exception(error.__cause__)
        return Message(error=told(error, job.adapter))


@contextmanager
def _at_work(turns: Sequence[str], alive: Callable[[], None]) -> Iterator[None]:
    """Work on pictures: with nobody to call, and not too many of us at once."""
    if not without_network():
        sys.stderr.write("this machine cannot take the network away from a decoder\n")
    with turn(turns, _PATIENCE, alive):
        yield


def _looked(adapter: SourceAdapter, job: Job, alive: Callable[[], None]) -> object:
    """Look at channels, the decoders loaded once for all the forks; they are under our limits."""
    import adapters.media.pictures  # noqa: PLC0415
    import adapters.media.stillness  # noqa: F401, PLC0415

    folder = Path.cwd() / RESULTS
    folder.mkdir()
    return look(adapter, job.looks, folder, alive)


def _called(adapter: SourceAdapter, job: Job, progress: Callable[[float], None]) -> object:
    folder = Path.cwd() / RESULTS
    folder.mkdir()
    match job.call, job.ask:
        case Capability.PROBE, None:
            return adapter.probe()
        case Capability.POINTS, None:
            return adapter.points()
        case Capability.COVERAGE, ClipAsk() as ask:
            return adapter.coverage(ask.channel, ask.span, ask.ahead)
        case Capability.SNAPSHOT, SnapshotAsk() as ask:
            return adapter.snapshot(ask, folder)
        case Capability.CLIP, ClipAsk() as ask:
            return adapter.clip(ask, folder, _in_steps(progress))
        case "keep", ClipAsk() as ask:
            return adapter.keep(ask, folder, _in_steps(progress))
        case _:
            raise TypeError(f"{job.call} of {job.ask}")


def _in_steps(progress: Callable[[float], None]) -> Callable[[float], None]:
    told_at = 0.0

    def step(seconds: float) -> None:
        nonlocal told_at
        if seconds - told_at >= _STEP_SECONDS:
            told_at = seconds
            progress(seconds)

    return step


def _tell(results: int, message: Message) -> None:
    encoded = memoryview(message.model_dump_json(exclude_defaults=True).encode() + b"\n")
    while encoded:
        encoded = encoded[os.write(results, encoded) :]


if __name__ == "__main__":
    main()
