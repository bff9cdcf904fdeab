"""Taking the trace away: what was sought as a table, or with all that is needed to verify it without this program."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from broker.domain.errors import Unavailable
from broker.domain.ids import DepartmentId, PersonId, RequestId
from broker.domain.oversight.audit import Entry
from broker.domain.oversight.trace_search import Sought, Traced, person_of
from broker.domain.people.accounts import Caller, Department, Person
from broker.services.oversight.audit import resolved, visibility
from policies import facts
from policies.authorizer import Authorizer
from storage.db.oversight.trace_exports import Extent
from storage.db.oversight.trace_reach import TraceVisibility
from storage.db.unit_of_work import UnitOfWork, Work
from storage.packages.signing import KeyFiles
from storage.packages.trace_file import Part, Stretch

STEP = 500
"""Events, or streams, read from the database at once while an export flows."""


@dataclass(frozen=True)
class Told:
    """An event with the names of who did it and the number of its request, as they are now."""

    traced: Traced
    person: Person | None
    department: Department | None
    request: str


@dataclass(frozen=True)
class TraceExport:
    """What an export holds, read while it flows.

    Attributes:
        head: who took it, when, and what was sought.
        count: how many events were found.
        next: the number after which the next file begins, None where this one holds all.
        events: reads them in the order of the log.
        parts: reads the whole streams that they are of.
        sign: makes the signature of the house; None where it has no key.
    """

    head: Mapping[str, object]
    count: int
    next: int | None
    events: Callable[[], Iterator[Told]]
    parts: Callable[[], Iterator[Part]]
    sign: Callable[[bytes], bytes] | None


class TraceExports:
    """Exports of the trace, each within the subtrees that the caller audits."""

    def __init__(self, work: Work, policy: Authorizer, keys: KeyFiles, most: int) -> None:
        """Take the key that signs packages, and the most events of one export."""
        self._work = work
        self._policy = policy
        self._keys = keys
        self._most = most

    def export(self, caller: Caller, sought: Sought, form: str, *, after: int = 0) -> TraceExport:
        """Note that the trace is taken away, then hand it out; the trace has that before the first line flows.

        Raises:
            Unknown: there is no such person or department.
            Unavailable: the house has a key, and it cannot be used.
        """
        with self._work() as work:
            permit = self._policy.require(caller, "audit:export", caller.roles(work.now), facts.of_person(caller))
            visible = visibility(self._policy, caller, work, "audit:export")
            placed = resolved(work, sought)
            extent = work.trace_exports.extent(visible, placed, after=after, limit=self._most)
            sign = self._signing(work.now)
            stream = f"trace-export/{caller.person_id or caller.via}"
            work.audit.reserve(stream)
            told = {"format": form, "lines": extent.count, "after": after, "last": extent.last, "cut": extent.more}
            work.audit.append(permit, (Entry(stream, "trace:exported", {**told, "sought": _told(sought)}),))
            work.commit(permit)
            head = {"exported_at": work.now.isoformat(), "exported_by": permit.actor, "sought": _told(sought)}
        return TraceExport(
            head={**head, "after": after}, count=extent.count, next=extent.last if extent.more else None,
            events=partial(self._events, visible, placed, extent), parts=partial(self._parts, visible, placed, extent),
            sign=sign,
        )  # fmt: skip

    def _signing(self, at: datetime) -> Callable[[bytes], bytes] | None:
        try:
            signer = self._keys.signer()
        except Unavailable as error:
            if error.slug == "evidence-key-missing":
                return None
            raise
        signer.sign(b"", at)  # one that has run out is told before the first line, not behind the last
        return lambda content: signer.sign(content, at)

    def _events(self, visible: TraceVisibility, sought: Sought, extent: Extent) -> Iterator[Told]:
        number = extent.after
        while True:
            with self._work() as work:
                found = work.trace_exports.page(visible, sought, extent, after=number, limit=STEP)
                rows = _with_names(work, found)
            yield from rows
            if len(found) < STEP:
                return
            number = found[-1].number

    def _parts(self, visible: TraceVisibility, sought: Sought, extent: Extent) -> Iterator[Part]:
        name = ""
        while True:
            with self._work() as work:
                names = work.trace_exports.streams(visible, sought, extent, after=name, limit=STEP)
                lengths = work.trace_exports.lengths(visible, names, extent.horizon)
            stretches = {name: Stretch(name, it.events, it.seen) for name, it in lengths.items()}
            yield from self._streams(visible, sought, extent, stretches)
            if len(names) < STEP:
                return
            name = names[-1]

    def _streams(
        self, visible: TraceVisibility, sought: Sought, extent: Extent, stretches: Mapping[str, Stretch]
    ) -> Iterator[Part]:
        """Yield these streams, each before its events."""
        beyond, names = ("", 0), list(stretches)
        while True:
            with self._work() as work:
                found = work.trace_exports.events(visible, sought, extent, names, after=beyond, limit=STEP)
            for traced, wanted in found:
                if traced.event.stream != beyond[0]:
                    yield stretches[traced.event.stream]
                beyond = (traced.event.stream, traced.event.seq)
                yield traced, wanted
            if len(found) < STEP:
                return


def _with_names(work: UnitOfWork, found: Sequence[Traced]) -> list[Told]:
    """Return events with names beside them: three questions for all of them."""
    actors = {key for it in found if (key := person_of(it.event.actor))}
    persons: Mapping[PersonId, Person] = work.persons.load_many(actors) if actors else {}
    homes = {person.department_id for person in persons.values()}
    departments: Mapping[DepartmentId, Department] = work.departments.load_many(homes) if homes else {}
    cases = {RequestId(it.event.case) for it in found if it.event.case}
    numbers = work.holds.numbers(list(cases)) if cases else {}
    rows = []
    for it in found:
        key = person_of(it.event.actor)
        person = persons.get(key) if key else None
        home = departments.get(person.department_id) if person else None
        rows.append(Told(it, person, home, numbers.get(RequestId(it.event.case), "") if it.event.case else ""))
    return rows


def _told(sought: Sought) -> dict[str, object]:
    """Return what was asked for, as plain values."""
    given = {name: value for name, value in vars(sought).items() if value is not None}
    return {name: _plain(value) for name, value in given.items()}


def _plain(value: object) -> object:
    if isinstance(value, frozenset):
        return sorted(value)
    return value.isoformat() if isinstance(value, datetime) else str(value)
