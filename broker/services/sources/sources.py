"""Sources of footage: add, edit, list, probe. What reaches them is always the gateway, in a child process."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from adapters.described import Described, described
from adapters.gateway import Gateway
from adapters.registry import installed
from broker.domain.catalog.catalog import Camera, Source
from broker.domain.catalog.visibility import Viewer
from broker.domain.errors import BrokerError, Conflict, Invalid, Unknown
from broker.domain.footage.media import Point, Probe
from broker.domain.ids import CameraId, DepartmentId, SourceId, new_id
from broker.domain.oversight.audit import Entry
from broker.domain.people.accounts import Caller
from broker.domain.sources.source_clocks import ClockOffset
from broker.domain.sources.source_health import Spell
from broker.services.sources.source_health import SourceHealth, seen_in, seen_instead
from broker.services.sources.source_reach import require_source
from broker.services.sources.source_secrets import SourceSecrets
from policies import facts
from policies.authorizer import Authorizer
from storage.db.unit_of_work import UnitOfWork, Work

CODE = re.compile(r"[A-Za-z0-9_-]{1,40}")
MOST_SESSIONS = 64
MOST_KEPT_DAYS = 3660


@dataclass(frozen=True)
class NewSource:
    """What it takes to add a source: `options` are the adapter's own, `sessions` how many fetches it bears at once."""

    code: str
    name: str
    adapter: str
    options: Mapping[str, object] = field(repr=False)
    department: str
    sessions: int = 1
    keeps_days: int | None = None


@dataclass(frozen=True)
class SourceEdit:
    """A change of a source; what is None stays.

    `options` are laid over those there are: one that is left out stays (secrets too), one that is null goes back to its
    default. `keeps_days` 0 means that nobody knows. `version`: the change is refused when the source has another one.
    """

    name: str | None = None
    options: Mapping[str, object] | None = field(default=None, repr=False)
    department: str | None = None
    sessions: int | None = None
    stopped: bool | None = None
    keeps_days: int | None = None
    version: int | None = None


@dataclass(frozen=True)
class Shown:
    """A source with the options that may be shown."""

    source: Source
    options: Mapping[str, object]


@dataclass(frozen=True)
class SourceNow:
    """A source, the state it is in, how far its clock is off, and how many of its sessions are in use.

    `spell` None: nobody has asked it yet. `offset` None: nobody has looked at its clock yet.
    """

    source: Source
    spell: Spell | None
    offset: ClockOffset | None
    busy: int


class Sources:
    """The administrator's view of where footage lies; secret options never leave through here."""

    def __init__(
        self, work: Work, policy: Authorizer, gateway: Gateway, secrets: SourceSecrets, health: SourceHealth
    ) -> None:
        self._work = work
        self._policy = policy
        self._gateway = gateway
        self._secrets = secrets
        self._health = health

    def add(self, caller: Caller, new: NewSource) -> Source:
        """Add a source; its options are checked against the adapter's schema, the source itself is not asked."""
        with self._work() as work:
            owner = work.departments.open_one(new.department)
            roles = caller.roles_at(owner.path, work.now)
            permit = self._policy.require(caller, "source:add", roles, facts.of_person(caller))
            if not CODE.fullmatch(new.code):
                raise Invalid("malformed", pointer="/code", value=new.code[:80], pattern=CODE.pattern)
            _check_sessions(new.sessions)
            self._gateway.check_options(new.adapter, new.options)
            bare = Source(
                SourceId(new_id()), new.code, new.name, new.adapter, {}, owner.id, new.sessions, version=1,
                keeps_days=_days(new.keeps_days),
            )  # fmt: skip
            source = self._secrets.with_options(bare, new.options)
            work.sources.add(source)
            data = {"code": new.code, "adapter": new.adapter, "department": owner.code, "sessions": new.sessions}
            work.audit.append(permit, (Entry(source.stream, "source:added", data),))
            work.commit(permit)
            return source

    def edit(self, caller: Caller, code: str, edit: SourceEdit) -> Shown:
        """Change a source; the trace says what was changed, never to which secret.

        Raises:
            Conflict: `changed-meanwhile`, the source has another version than was read.
            InvalidOption: the options, old and new together, are not what the adapter wants.
        """
        with self._work() as work:
            before, permit = require_source(self._policy, work, caller, "source:edit", code, lock=True)
            if edit.version is not None and edit.version != before.version:
                raise Conflict("changed-meanwhile", subject="source")
            after = _edited(before, edit, self._new_home(work, caller, before, edit))
            if edit.options is not None:
                options = _laid_over(self._secrets.options_of(before, even_stopped=True), edit.options)
                self._gateway.check_options(before.adapter, options)
                after = self._secrets.with_options(after, options)
                work.recordings.forget_source(before.id)
            changed = _changes(before, after, edit)
            if not changed:
                return Shown(before, self._secrets.shown(before))
            after = replace(after, version=before.version + 1)
            work.sources.save(before, after)
            work.audit.append(permit, (Entry(after.stream, "source:edited", {"code": code, **changed}),))
            work.source_health.ask_soon(after.id, work.now)
            work.commit(permit)
            return Shown(after, self._secrets.shown(after))

    def read(self, caller: Caller, code: str) -> Shown:
        """Return a source with those of its options that are no secret."""
        with self._work() as work:
            source, _ = require_source(self._policy, work, caller, "source:read", code)
            return Shown(source, self._secrets.shown(source))

    def page(self, caller: Caller, *, after: str, limit: int) -> Sequence[Source]:
        """Return sources by code."""
        with self._work() as work:
            self._policy.require(caller, "source:list", caller.roles(work.now), facts.of_person(caller))
            return work.sources.page(after=after, limit=limit)

    def overview(self, caller: Caller, *, after: str, limit: int) -> Sequence[SourceNow]:
        """Return sources by code with how each is now."""
        with self._work() as work:
            self._policy.require(caller, "source:list", caller.roles(work.now), facts.of_person(caller))
            return _now(work, work.sources.page(after=after, limit=limit))

    def now(self, caller: Caller, code: str) -> SourceNow:
        """Return a source with how it is now."""
        with self._work() as work:
            source, _ = require_source(self._policy, work, caller, "source:read", code)
            return _now(work, [source])[0]

    def points(self, caller: Caller, code: str, *, after: CameraId | None, limit: int) -> Sequence[Camera]:
        """Return the points on the channels of a source, as far as the caller may see them."""
        with self._work() as work:
            source, _ = require_source(self._policy, work, caller, "source:read", code)
            return work.cameras.bound_page(source.id, Viewer.of(caller, work.now), after=after, limit=limit)

    def adapters(self, caller: Caller) -> tuple[str, ...]:
        """Return the names of the adapters that are installed."""
        with self._work() as work:
            self._policy.require(caller, "source:list", caller.roles(work.now), facts.of_person(caller))
            return installed()

    def adapter(self, caller: Caller, name: str) -> Described:
        """Describe an adapter: what it can do, and the schema of its options.

        Raises:
            Unknown: none of this name is installed.
        """
        with self._work() as work:
            self._policy.require(caller, "source:list", caller.roles(work.now), facts.of_person(caller))
            if name not in installed():
                raise Unknown("unknown-adapter", adapter=name, installed=", ".join(installed()))
            return described(name)

    def probe(self, caller: Caller, code: str) -> tuple[Probe, Sequence[Point]]:
        """Ask a source how it is and which channels it offers; its health and its clock are noted.

        A stopped one is asked too: who wants to start it again wants to know first.
        """
        with self._work() as work:
            source = work.sources.by_code(code)
            owner = work.departments.load(source.department_id)
            roles = caller.roles_at(owner.path, work.now)
            self._policy.require(caller, "source:probe", roles, facts.of_person(caller))
        options = self._secrets.options_of(source, even_stopped=True)
        try:
            probe = self._gateway.probe(source.adapter, options)
        except BrokerError as fault:
            seen = seen_instead(source.id, fault)
            if seen is not None:
                self._health.note(seen)
            raise
        self._health.note(seen_in(source.id, probe))
        return probe, self._gateway.points(source.adapter, options) if probe.ok else ()

    def _new_home(self, work: UnitOfWork, caller: Caller, before: Source, edit: SourceEdit) -> DepartmentId:
        """Return the department a source belongs to afterwards; who gives it away has to keep both places."""
        if edit.department is None:
            return before.department_id
        owner = work.departments.open_one(edit.department)
        roles = caller.roles_at(owner.path, work.now)
        self._policy.require(caller, "source:edit", roles, facts.of_person(caller))
        return owner.id


def _now(work: UnitOfWork, sources: Sequence[Source]) -> list[SourceNow]:
    keys = [source.id for source in sources]
    spells, busy = work.source_health.current_many(keys), work.job_lines.sessions()
    offsets = work.sources.ahead_many(dict.fromkeys(keys, work.now))
    return [
        SourceNow(source, spells.get(source.id), offsets.get(source.id), busy.get(source.id, 0)) for source in sources
    ]


def _check_sessions(sessions: int) -> None:
    if not 1 <= sessions <= MOST_SESSIONS:
        raise Invalid("sessions-out-of-range", pointer="/sessions", most=MOST_SESSIONS)


def _days(days: int | None) -> int | None:
    if days is not None and not 0 <= days <= MOST_KEPT_DAYS:
        raise Invalid("kept-days-out-of-range", pointer="/keeps_days", most=MOST_KEPT_DAYS)
    return days or None


def _edited(before: Source, edit: SourceEdit, home: DepartmentId) -> Source:
    """Return the source after a change of all but its options."""
    sessions = before.sessions if edit.sessions is None else edit.sessions
    _check_sessions(sessions)
    return replace(
        before,
        name=before.name if edit.name is None else edit.name,
        department_id=home,
        sessions=sessions,
        stopped=before.stopped if edit.stopped is None else edit.stopped,
        keeps_days=before.keeps_days if edit.keeps_days is None else _days(edit.keeps_days),
    )


def _laid_over(old: Mapping[str, object], new: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in {**old, **new}.items() if value is not None}


def _changes(before: Source, after: Source, edit: SourceEdit) -> dict[str, object]:
    """Return what is to stand in the trace: new values, but of options only the names."""
    told: dict[str, object] = {
        name: getattr(after, name)
        for name in ("name", "sessions", "stopped", "keeps_days")
        if getattr(before, name) != getattr(after, name)
    }
    if before.department_id != after.department_id:
        told["department"] = edit.department
    names = {name for name in edit.options or () if name in after.secrets or name in before.secrets}
    names |= {name for name in {*before.options, *after.options} if before.options.get(name) != after.options.get(name)}
    if names:
        told["options"] = sorted(names)
    return told
