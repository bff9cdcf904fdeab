"""The check of a package that somebody brought, in a process of its own: `python -m storage.packages.checking_child`.

The file is standard input and has no name here; nothing is written and no program started. What the process may take of
memory, time and files is limited before the first byte is read; whoever started it ends it at its deadline.
"""

import json
import resource
import sys
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509

from storage.packages.checking import check_file
from storage.packages.findings import Fault, Findings

MEMORY = 1024**3
MOST_TOLD = 200
LONGEST = 300


def main(arguments: Sequence[str]) -> None:
    """Check standard input and print what was found; the arguments are the file of certificates and seconds of work."""
    root, seconds = arguments
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds)))
    for limit in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE):
        resource.setrlimit(limit, (0, 0))
    print(json.dumps(_told(check_file(sys.stdin.buffer, "-", _roots(Path(root))))))  # noqa: T201  # the answer


def _roots(path: Path) -> list[x509.Certificate] | None:
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError):
        return None


def _told(found: Findings) -> dict[str, object]:
    """Return the findings as plain values, no longer than a page can show and without what does not print."""
    signed_at = found.signed_at.isoformat() if found.signed_at else None
    return {
        "name": _harmless(found.name), "files": found.files, "size": found.size, "signer": _harmless(found.signer),
        "signed_at": signed_at,
        **{name: [_fault(it) for it in getattr(found, name)[:MOST_TOLD]] for name in _LISTS},
        "more": sum(max(0, len(getattr(found, name)) - MOST_TOLD) for name in _LISTS),
    }  # fmt: skip


_LISTS = ("faults", "unverified", "remarks")


def _fault(fault: Fault) -> dict[str, object]:
    return {"slug": fault.slug, "facts": {name: _harmless(value) for name, value in fault.facts.items()}}


def _harmless(text: str) -> str:
    return "".join(sign if sign.isprintable() else "?" for sign in text[:LONGEST])


if __name__ == "__main__":
    main(sys.argv[1:])
