"""Checking an evidence package that somebody was handed: looked at apart, told, and forgotten."""

import json
import subprocess
import sys
import tempfile
import threading
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from adapters.supervision import environment
from broker.domain.errors import Throttled, Unavailable
from broker.domain.people.accounts import Caller
from policies import facts
from policies.authorizer import Authorizer
from storage.db.unit_of_work import Work
from storage.packages.findings import Fault, Findings

CHILD = "storage.packages.checking_child"
SECONDS = 180
AT_ONCE = 2
"""Checks that run at the same time in one process."""
LONGEST_ANSWER = 4 * 1024 * 1024


class HandedPackages:
    """Does what `xueliang evidence verify` does with a file that somebody brings; nothing of it is kept.

    Args:
        root: the certificate of the house that signs here. A package that another house signed is checked as well;
            by whom it is cannot be said then.
    """

    def __init__(self, work: Work, policy: Authorizer, root: Path) -> None:
        self._work = work
        self._policy = policy
        self._root = root
        self._turns = threading.BoundedSemaphore(AT_ONCE)

    def ask(self, caller: Caller) -> None:
        """Refuse whoever may not bring a package, before it is taken in.

        Raises:
            Forbidden: the policy does not allow it.
        """
        with self._work() as work:
            self._policy.require(caller, "package:verify", caller.roles(work.now), facts.of_person(caller))

    def check(self, caller: Caller, file: BinaryIO) -> Findings:
        """Return what a check finds; `file` has a handle of the operating system.

        Raises:
            Throttled: as many are checked as there may be at once.
            Unavailable: the check took too long, too much memory, or broke down over this file.
        """
        self.ask(caller)
        if not self._turns.acquire(blocking=False):
            raise Throttled("package-checks-busy", retry_after=10)
        try:
            file.seek(0)
            return _read(self._checked_apart(file))
        finally:
            self._turns.release()

    def _checked_apart(self, file: BinaryIO) -> bytes:
        with tempfile.TemporaryDirectory(prefix="xueliang-check-") as folder:
            command = [sys.executable, "-P", "-m", CHILD, str(self._root.absolute()), str(SECONDS)]
            try:
                ended = subprocess.run(  # our own module; nothing of the file is among the arguments
                    command, stdin=file, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=folder,
                    env=environment(Path(folder), sys.path), timeout=SECONDS, check=False, start_new_session=True,
                )  # fmt: skip
            except subprocess.TimeoutExpired:
                raise Unavailable("package-check-stopped", seconds=SECONDS) from None
        if ended.returncode != 0 or len(ended.stdout) > LONGEST_ANSWER:
            raise Unavailable("package-check-stopped", seconds=SECONDS)
        return ended.stdout


def _read(answer: bytes) -> Findings:
    told: dict[str, Any] = json.loads(answer)
    faults, unverified = ([Fault(it["slug"], **it["facts"]) for it in told[name]] for name in ("faults", "unverified"))
    # Signed by somebody else than this house: that says nothing against them, and nothing for them.
    unverified += [Fault("foreign", name=told["signer"]) for it in faults if it.slug == "untrusted"]
    faults = [it for it in faults if it.slug != "untrusted"]
    if told["more"]:
        faults.append(Fault("more", count=str(told["more"])))
    return Findings(
        name=told["name"], files=told["files"], size=told["size"], signer=told["signer"],
        signed_at=datetime.fromisoformat(told["signed_at"]) if told["signed_at"] else None,
        faults=faults, unverified=unverified, remarks=[Fault(it["slug"], **it["facts"]) for it in told["remarks"]],
    )  # fmt: skip
