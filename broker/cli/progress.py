"""A progress bar on a terminal; a line at each tenth where there is none."""

import sys
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

_STEPS = 10


class Bar(Protocol):
    """Told how far something is."""

    def reach(self, done: float, total: float, what: str = "") -> None: ...


class ProgressBar:
    """Shows one piece of work; use it as a context."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._console = Console(file=sys.stderr, highlight=False)
        self._progress: Progress | None = None
        self._task = TaskID(0)
        self._step = -1

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            columns = (
                TextColumn("{task.description}", markup=False),
                BarColumn(bar_width=30),
                TextColumn("{task.percentage:>3.0f}% {task.fields[what]}", markup=False),
                TimeElapsedColumn(),
            )
            self._progress = Progress(*columns, console=self._console)
            self._progress.start()
            self._task = self._progress.add_task(self._title, total=None, what="")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._progress is not None:
            self._progress.stop()

    def reach(self, done: float, total: float, what: str = "") -> None:
        """Show that `done` of `total` is done; `what` says what is being done."""
        if self._progress is not None:
            self._progress.update(self._task, completed=done, total=total, what=what)
            return
        step = int(_STEPS * done / total) if total else 0
        if step != self._step:
            self._step = step
            self._console.out(f"{self._title}: {100 * step // _STEPS}% {what}".rstrip(), highlight=False)
