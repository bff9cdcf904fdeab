"""Sources of footage: add, list, probe. What reaches them is always the gateway, in a child process."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from adapters.gateway import Gateway
from broker.domain.accounts import Caller
from broker.domain.audit import Entry
from broker.domain.catalog import Source
from broker.domain.errors import Invalid
from broker.domain.ids import SourceId, new_id
from broker.domain.media import Point, Probe
from policies import facts
from policies.authorizer import Authorizer
from storage.db.unit_of_work import Work

CODE = re.compile(r"[A-Za-z0-9_-]{1,40}")
MOST_SESSIONS = 64


@dataclass(frozen=True)
class NewSource:
    """What it takes to add a source: `options` are the adapter's own, `sessions` how many fetches it bears at once."""

    code: str
    name: str
    adapter: str
    options: Mapping[str, object]
    department: str
    sessions: int = 1


class Sources:
    """The administrator's view of where footage lies; options never leave through here."""

    def __init__(self, work: Work, policy: Authorizer, gateway: Gateway) -> None:
        self._work = work
        self._policy = policy
        self._gateway = gateway

    def add(self, caller: Caller, new: NewSource) -> Source:
        """Add a source; its options are checked against the adapter's schema, the source itself is not asked."""
        with self._work() as work:
            owner = work.departments.by_code(new.department)
            roles = caller.roles_at(owner.path, work.now)
            permit = self._policy.require(caller, "source:add", roles, facts.of_person(caller))
            if not CODE.fullmatch(new.code):
                raise Invalid("malformed", pointer="/code", value=new.code[:80], pattern=CODE.pattern)
            if not 1 <= new.sessions <= MOST_SESSIONS:
                raise Invalid("sessions-out-of-range", pointer="/sessions", most=MOST_SESSIONS)
            self._gateway.check_options(new.adapter, new.options)
            source = Source(
                SourceId(new_id()),
                new.code,
                new.name,
                new.adapter,
                new.options,
                owner.id,
                new.sessions,
                version=1,
            )
            work.sources.add(source)
            data = {"code": new.code, "adapter": new.adapter, "department": owner.code, "sessions": new.sessions}
            work.audit.append(permit, (Entry(f"source/{source.id}", "source:added", data),))
            work.commit(permit)
            return source

    def page(self, caller: Caller, *, after: str, limit: int) -> Sequence[Source]:
        """Return sources by code."""
        with self._work() as work:
            self._policy.require(caller, "source:list", caller.roles(work.now), facts.of_person(caller))
            return work.sources.page(after=after, limit=limit)

    def probe(self, caller: Caller, code: str) -> tuple[Probe, Sequence[Point]]:
        """Ask a source how it is and which channels it offers; nothing is stored."""
        with self._work() as work:
            source = work.sources.by_code(code)
            owner = work.departments.load(source.department_id)
            roles = caller.roles_at(owner.path, work.now)
            self._policy.require(caller, "source:probe", roles, facts.of_person(caller))
        probe = self._gateway.probe(source.adapter, source.options)
        return probe, self._gateway.points(source.adapter, source.options) if probe.ok else ()
