"""Between a stored blob and the row that names it: neither is it deleted, nor does it stay when no row comes."""

from collections.abc import Collection
from datetime import timedelta

from broker.domain.errors import Unavailable
from storage.blobs.base import BlobStore
from storage.db.unit_of_work import UnitOfWork

NAMED_WITHIN = timedelta(days=1)
"""What no row names a day after it was stored is left over from something that broke off."""


def expect(work: UnitOfWork, digests: Collection[str]) -> None:
    """Have bytes that were just stored deleted in a day, unless a row names them by then; the caller commits."""
    work.deletions.add(digests, None, work.now + NAMED_WITHIN)


def keep(work: UnitOfWork, blobs: BlobStore, digests: Collection[str]) -> None:
    """Make sure that bytes which a row of this transaction will name are there, and stay.

    Raises:
        Unavailable: they were deleted since they were stored, because the same bytes had come to the end of their time
            in another case: what stored them does so again.
    """
    work.deletions.keep_off(digests)
    for digest in digests:  # the files of one result
        if not blobs.exists(digest):
            raise Unavailable("blob-gone-meanwhile", digest=digest)
