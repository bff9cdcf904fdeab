"""What the watch over sources and the watch over points have in common: who asks, over which way, how many at once."""

import random
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from adapters.gateway import Gateway
from broker.domain.catalog.catalog import Source
from broker.domain.people.accounts import Caller, Role, system_caller
from broker.services.sources.source_secrets import SourceSecrets
from policies.authorizer import Authorizer
from storage.db.sources.source_slots import SourceSlots
from storage.db.unit_of_work import Work

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class Watch:
    """The worker as it asks sources; what it writes is a log, no change of what anybody may do."""

    def __init__(
        self, work: Work, policy: Authorizer, gateway: Gateway, secrets: SourceSecrets, slots: SourceSlots
    ) -> None:
        self._work = work
        self._policy = policy
        self._gateway = gateway
        self._secrets = secrets
        self._slots = slots
        self._caller: Caller = system_caller(Role.WORKER, "worker")
        self._chance = random.SystemRandom()

    @contextmanager
    def _session(self, source: Source) -> Iterator[dict[str, object] | None]:
        """Give the options of a source while one of its sessions is held; None where all are in use."""
        options = self._secrets.options_of(source)
        with self._slots.one_of(source) as free:
            yield dict(options) if free else None


def all_at_once(name: str, at_once: int, ask: Callable[[Asked], Answer], of: Sequence[Asked]) -> Iterator[Answer]:
    """Ask all of them, so many at a time, and yield the answers in their order, as soon as they are there."""
    if of:
        with ThreadPoolExecutor(at_once, thread_name_prefix=name) as pool:
            yield from pool.map(ask, of)
