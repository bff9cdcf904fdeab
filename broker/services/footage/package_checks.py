"""Holding an own package, as it lies in the store, against what it says of itself."""

import io
from pathlib import Path

from cryptography import x509

from broker.domain.errors import Conflict
from broker.domain.footage.packages import COMPLETE
from broker.domain.ids import PackageId
from broker.domain.people.accounts import Caller
from policies import facts
from policies.authorizer import Authorizer
from storage.blobs.base import BlobStore
from storage.blobs.files import BlobFile
from storage.db.unit_of_work import Work
from storage.packages.checking import check_archive
from storage.packages.findings import Findings

LARGEST = 4 * 1024**3
"""Bytes of a package that is checked while somebody waits; a larger one is checked where it was taken to."""


AT_ONCE = 1024 * 1024
"""Bytes that are asked of the store at once."""


class PackageChecks:
    """Does what `xueliang evidence verify` does, for whoever may read a package; nothing is handed over.

    Args:
        root: the certificate of the house that signs here; where there is none, nobody vouches for the signer.
    """

    def __init__(self, work: Work, policy: Authorizer, blobs: BlobStore, root: Path) -> None:
        self._work = work
        self._policy = policy
        self._blobs = blobs
        self._root = root

    def check(self, caller: Caller, key: PackageId) -> Findings:
        """Return what a check of one of the caller's own packages finds; it takes as long as reading it.

        Raises:
            Unknown: not one of the caller's packages.
            Conflict: there is nothing to check, or too much.
        """
        with self._work() as work:
            package = work.packages.load(key, person=caller.person())
            known = facts.of_person(caller, package.person_id)
            self._policy.require(caller, "package:read", caller.roles(work.now), known)
        if package.state not in COMPLETE or package.contents is None:
            raise Conflict("no-package", state=package.state)
        if package.contents.size > LARGEST:
            raise Conflict("package-check-too-large", largest=LARGEST // 1024**3)
        with io.BufferedReader(BlobFile(self._blobs, package.contents.digest), AT_ONCE) as file:
            return check_archive(file, package.name, self._roots())

    def _roots(self) -> list[x509.Certificate] | None:
        try:
            return x509.load_pem_x509_certificates(self._root.read_bytes())
        except (OSError, ValueError):
            return None
