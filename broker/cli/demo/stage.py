"""What the audience of the demonstration sees, and the promises it may hold us to."""

import sys
import time

from broker.cli import screen
from broker.cli.texts import tell
from broker.domain.errors import BrokerError

STEPS = 7


class BrokenPromiseError(BrokerError):
    """Something was not as the demonstration says it is."""

    kind = "broken-promise"


class Stage:
    """Numbers the steps, takes their time and checks what they claim."""

    def __init__(self) -> None:
        self._step = 0
        self._begun = time.monotonic()
        self._spent: list[tuple[str, float]] = []
        self._title = ""

    def step(self, slug: str) -> None:
        """Begin the next step."""
        self._close()
        self._step += 1
        self._title = tell(f"demo.step.{slug}")
        screen.plain(f"\n[{self._step}/{STEPS}] {self._title}")
        sys.stdout.flush()

    def narrate(self, slug: str, **facts: object) -> None:
        """Tell what happened."""
        screen.plain(f"  {tell(f'demo.{slug}', **facts)}")
        sys.stdout.flush()

    def show(self, text: str) -> None:
        """Tell something that is no sentence."""
        screen.plain(f"    {text}")

    def promise(self, kept: object, slug: str, **facts: object) -> None:
        """Hold a claim to what was found.

        Raises:
            BrokenPromiseError: it is not so.
        """
        if not kept:
            raise BrokenPromiseError(f"demo-{slug}", pointer="", missing=(), **facts)

    def end(self) -> list[tuple[str, float]]:
        """End the last step and return the titles of all with their seconds."""
        self._close()
        return self._spent

    def _close(self) -> None:
        now = time.monotonic()
        if self._title:
            self._spent.append((self._title, now - self._begun))
        self._begun = now
