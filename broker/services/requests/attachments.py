"""The papers of a request: attach, list, read, take back."""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from broker.domain.errors import TooLarge
from broker.domain.ids import AttachmentId, RequestId, new_id
from broker.domain.people.accounts import Caller, Role
from broker.domain.permits import Permit
from broker.domain.requests.access_requests import AccessRequest
from broker.domain.requests.attachments import Attachment, attach, check_open, check_room, kept_name, remove
from broker.services.footage.keeping import keep
from broker.services.requests.access_requests import visibility
from broker.services.requests.paper_contents import media_type_of
from policies import facts
from policies.authorizer import Authorizer
from storage.blobs.base import CHUNK_BYTES, BlobStore
from storage.db.unit_of_work import UnitOfWork, Work


@dataclass(frozen=True)
class Limits:
    """How large one paper may be, in bytes, and how many a request may have."""

    size: int
    count: int


class Attachments:
    """One public method a verb. Bytes are kept under their digest: the same paper of two requests is kept once.

    What is taken back is no longer shown to anybody; its bytes go when their time has come and nothing else is the very
    same bytes.
    """

    def __init__(self, work: Work, policy: Authorizer, blobs: BlobStore, limits: Limits) -> None:
        self._work = work
        self._policy = policy
        self._blobs = blobs
        self._limits = limits

    def add(self, caller: Caller, key: RequestId, name: str, content: bytes) -> Attachment:
        """Attach a paper to a request that is being written.

        The content is looked through between two transactions, so that the request is not held meanwhile.

        Raises:
            TooLarge: the paper is larger than is allowed.
            Invalid: it is no whole and harmless PDF, JPEG or PNG, or its name ends in another suffix.
            Conflict: the request was handed in, or has as many papers as it may.
        """
        with self._work() as work:
            request = work.access_requests.load(key, visibility(caller, work))
            self._require(work, caller, "attachment:add", request)
            check_open(request)
            check_room(work.attachments.count(key), self._limits.count)
        if len(content) > self._limits.size:
            raise TooLarge("attachment-too-large", pointer="/file", limit=self._limits.size)
        media_type = media_type_of(content)
        kept = kept_name(name, media_type)
        blob = self._blobs.put_stream(_chunks(content))
        with self._work() as work:
            request = work.access_requests.load(key, visibility(caller, work), lock=True)
            permit = self._require(work, caller, "attachment:add", request)
            check_open(request)
            check_room(work.attachments.count(key), self._limits.count)
            keep(work, self._blobs, (blob.digest,))
            paper = Attachment(
                AttachmentId(new_id()), key, kept, media_type, blob.size, blob.digest, caller.person(), work.now
            )
            change = attach(paper)
            work.attachments.save(None, change.after)
            work.audit.append(permit, change.entries, case=key)
            work.commit(permit)
            return change.after

    def of_request(self, caller: Caller, key: RequestId) -> Sequence[Attachment]:
        """Return the papers of a request the caller may know of, oldest first."""
        with self._work() as work:
            self._policy.require(caller, "attachment:list", caller.roles(work.now), facts.of_person(caller))
            work.access_requests.load(key, visibility(caller, work))
            return work.attachments.of_request(key)

    def open(self, caller: Caller, key: AttachmentId) -> tuple[Attachment, Iterable[bytes]]:
        """Return a paper of a request the caller may know of, with its bytes, chunk by chunk."""
        with self._work() as work:
            self._policy.require(caller, "attachment:read", caller.roles(work.now), facts.of_person(caller))
            paper = work.attachments.load(key, visibility(caller, work))
        return paper, self._blobs.read(paper.digest)

    def remove(self, caller: Caller, key: AttachmentId) -> None:
        """Take a paper back while the request is being written.

        Raises:
            Conflict: the request was handed in.
        """
        with self._work() as work:
            visible = visibility(caller, work)
            request = work.access_requests.load(work.attachments.load(key, visible).request_id, visible, lock=True)
            permit = self._require(work, caller, "attachment:remove", request)
            check_open(request)
            paper = work.attachments.load(key, visible)
            change = remove(paper, work.now)
            work.attachments.save(paper, change.after)
            work.audit.append(permit, change.entries, case=request.id)
            work.commit(permit)

    def _require(self, work: UnitOfWork, caller: Caller, act: str, request: AccessRequest) -> Permit:
        """Ask with the role of a requester as far as it reaches the department in whose name is asked."""
        place = work.departments.load(request.department_id).path
        roles = facts.reach(caller, work.now, **{Role.REQUESTER.value: place})
        return self._policy.require(caller, act, roles, facts.of_request(caller, request))


def _chunks(content: bytes) -> Iterable[bytes]:
    return iter(partial(io.BytesIO(content).read, CHUNK_BYTES), b"")
