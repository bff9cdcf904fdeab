"""What the clock of retention does: it ends holds by their date, gives up copies, and sees that their bytes go.

A copy is given up in one transaction: its state, the event that names the digests, and the list of what is to be
deleted. The bytes go afterwards, one digest a transaction; what is in between when a worker dies is still on the list.
Records (the trace, the register, what is known of each copy) are not touched: nothing in this program deletes them.
"""

import logging
from datetime import timedelta

from broker.domain.errors import BrokerError, Unavailable
from broker.domain.footage import packages
from broker.domain.footage.grants import Level
from broker.domain.footage.retrievals import purge
from broker.domain.ids import AttachmentId, RequestId
from broker.domain.notices.notices import Notice
from broker.domain.oversight.audit import Entry
from broker.domain.oversight.holds import GRACE, Hold, run_out
from broker.domain.people.accounts import Role, system_caller
from broker.domain.permits import Permit
from broker.domain.requests import attachments
from broker.domain.requests.attachments import AttachmentChange
from broker.services.notices.notices import tell
from broker.services.oversight.holds import unmarked
from policies.authorizer import Authorizer
from storage.blobs.base import BlobStore
from storage.db.footage.deletions import Deletion
from storage.db.oversight.retention import NOTHING, Clock
from storage.db.requests.access_requests import EVERYTHING
from storage.db.unit_of_work import UnitOfWork, Work

CASES, COPIES, BLOBS, HOLDS = 100, 200, 500, 200
"""Cases in one question, copies of a case in one transaction, blobs and holds in one run of the clock, at most."""

PATIENCE = 5
"""After so many failures in a row the store is left alone until the next run, after so many of one blob it is told."""

PAUSES = tuple(timedelta(minutes=it) for it in (1, 5, 15, 60, 240, 1440))
"""How long is waited after each failure to delete a blob; the last one again and again."""

logger = logging.getLogger(__name__)


class Retention:
    """The clock's own service; any number of workers may run it."""

    def __init__(self, work: Work, policy: Authorizer, blobs: BlobStore, keep: timedelta) -> None:
        """Take how long a copy is kept after its grant has ended."""
        self._work = work
        self._policy = policy
        self._blobs = blobs
        self._keep = keep
        self._caller = system_caller(Role.WORKER, "clock")

    def tick(self) -> int:
        """Do what is due now and return how many copies were given up.

        Raises:
            Unavailable: the database is away; the next run does what is left.
        """
        self._end_holds()
        given_up = self._give_up()
        self._delete()
        return given_up

    def _permit(self) -> Permit:
        return self._policy.require(self._caller, "copy:purge", {Role.WORKER})

    def _end_holds(self) -> None:
        with self._work() as work:
            self._permit()
            over = work.holds.run_out(work.now, HOLDS)
        for hold in over:
            try:
                with self._work() as work:
                    permit = self._permit()
                    _end(work, permit, hold)
                    work.commit(permit)
            except Unavailable:
                raise
            except BrokerError as error:  # somebody lifted it a moment ago, or the next run does it
                logger.info("hold %s: %s", hold.id, error.slug)

    def _give_up(self) -> int:
        done, after = 0, NOTHING
        while cases := self._cases(after):
            after = cases[-1]
            for case in cases:
                try:
                    done += self._give_up_of(case)
                except Unavailable:
                    raise
                except BrokerError as error:
                    logger.warning("copies of request %s stay until the next run: %s", case, error.slug)
        return done

    def _cases(self, after: RequestId) -> list[RequestId]:
        with self._work() as work:
            self._permit()
            return work.retention.cases(self._clock(work), after, CASES)

    def _give_up_of(self, case: RequestId) -> int:
        """Give up what is due of one case; copies beyond the limit wait for the next run."""
        with self._work() as work:
            permit = self._permit()
            due = work.retention.due(case, self._clock(work), COPIES)
            digests: set[str] = set()
            entries = list[Entry]()
            for retrieval in work.retrievals.load_many(due.retrievals):
                given = purge(retrieval, work.now)
                work.retrievals.save(retrieval, given.after)
                entries.extend(given.entries)
                digests |= {item.digest for item in retrieval.items}
            for key in due.packages:  # rarely more than a handful of one case
                package = work.packages.load(key)
                emptied = packages.purge(package, work.now)
                work.packages.save(package, emptied.after)
                entries.extend(emptied.entries)
                digests |= {package.contents.digest} if package.contents else set()
            for paper in due.attachments:
                taken = _give_up_paper(work, paper)
                entries.extend(taken.entries)
                digests.add(taken.after.digest)
            work.audit.append(permit, entries, case=case)
            work.deletions.add(digests, case, work.now)
            work.commit(permit)
        return len(entries)

    def _clock(self, work: UnitOfWork) -> Clock:
        return Clock(before=work.now - self._keep, run_out_before=work.now - GRACE)

    def _delete(self) -> None:
        failures = 0
        for _ in range(BLOBS):
            with self._work() as work:
                permit = self._permit()
                found = work.deletions.next(work.now)
                if found is None:
                    return
                error = self._gone(work, found)
                if error:
                    _put_off(work, found, error)
                work.commit(permit)
            failures = failures + 1 if error else 0
            if failures == PATIENCE:
                return

    def _gone(self, work: UnitOfWork, found: Deletion) -> str:
        """Delete bytes that nothing names any more and return why they are still there, empty when they are not."""
        if not work.deletions.alone_with(found.digest):
            return "busy"
        if not work.deletions.named(found.digest):
            try:
                self._blobs.delete(found.digest)
                if self._blobs.exists(found.digest):
                    return "still-there"
            except Unavailable as error:
                return str(error)
        work.deletions.drop(found.digest)
        return ""


def _end(work: UnitOfWork, permit: Permit, known: Hold) -> None:
    """End a hold by its date; who set it and who could set another one is told until when the copies stay."""
    request = work.access_requests.load(known.request_id, EVERYTHING, lock=True)
    hold = work.holds.load(known.id, None)
    change = run_out(hold, work.now)
    work.holds.save(hold, change.after)
    work.audit.append(permit, (*change.entries, *unmarked(work, change.after)), case=request.id)
    place = work.departments.load(hold.department_id)
    role = Role.CENTER_APPROVER if hold.level is Level.CENTER else Role.DEPARTMENT_AUTHORIZER
    able = work.persons.holders(role, place.path, work.now, request.parties)
    told = frozenset(able | ({hold.set_by} if hold.set_by else set()))
    tell(
        work,
        Notice(
            "hold.ended", request.id, {"number": request.number, "department": place.name, "due": work.now + GRACE},
            told, frozenset({hold.department_id}),
        ),
    )  # fmt: skip


def _give_up_paper(work: UnitOfWork, key: AttachmentId) -> AttachmentChange:
    paper = work.attachments.removed(key)
    change = attachments.purge(paper, work.now)
    work.attachments.save(paper, change.after)
    return change


def _put_off(work: UnitOfWork, found: Deletion, error: str) -> None:
    """Try again later, each time a longer while; after some failures the administrators are told."""
    work.deletions.put_off(found.digest, error, work.now + PAUSES[min(found.tries, len(PAUSES) - 1)])
    logger.warning("blob %s could not be deleted: %s", found.digest, error)
    if found.tries + 1 == PATIENCE and found.case is not None:
        request = work.access_requests.load(RequestId(found.case), EVERYTHING)
        place = work.departments.load(request.department_id).path
        able = (work.persons.holders(role, place, work.now) for role in (Role.SYSTEM_ADMINISTRATOR, Role.AUDITOR))
        tell(work, Notice("copy.undeleted", request.id, {"number": request.number}, frozenset().union(*able)))
