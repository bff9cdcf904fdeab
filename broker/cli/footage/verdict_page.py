"""What a check of a package found, in words: Chinese first, then the same in English, for whoever gets the paper."""

from collections.abc import Iterator

from broker.cli.instants import shown
from broker.cli.texts import LANGUAGES, catalogue
from storage.packages.findings import BROKEN, GOOD, OPEN, Fault, Findings

_VERDICTS = {GOOD: "evidence.good", BROKEN: "evidence.broken", OPEN: "evidence.open"}


def in_words(found: Findings) -> str:
    """Return the whole report."""
    return "\n\n".join("\n".join(_lines(found, language)) for language in LANGUAGES)


def as_record(found: Findings) -> dict[str, object]:
    """Return the same as plain values for programs."""
    return {
        "verdict": {GOOD: "good", BROKEN: "broken", OPEN: "open"}[found.code],
        "name": found.name,
        "files": found.files,
        "size": found.size,
        "signer": found.signer,
        "signed_at": found.signed_at.isoformat() if found.signed_at else None,
        "faults": [_plain(fault) for fault in found.faults],
        "unverified": [_plain(fault) for fault in found.unverified],
        "remarks": [_plain(fault) for fault in found.remarks],
    }


def _plain(fault: Fault) -> dict[str, str]:
    return {"slug": fault.slug, **{name: _harmless(value) for name, value in fault.facts.items()}}


def _lines(found: Findings, language: str) -> Iterator[str]:
    def said(slug: str, **facts: object) -> str:
        return catalogue(language)[slug].format_map(facts)

    yield said(_VERDICTS[found.code], name=_harmless(found.name) or "-")
    if found.files:
        yield said("evidence.files", files=found.files, size=found.size)
    if found.signer and found.signed_at:
        yield said("evidence.signed", signer=_harmless(found.signer), at=shown(found.signed_at))
    for heading, kind, faults in (
        ("evidence.faults", "fault", found.faults),
        ("evidence.unverified", "unverified", found.unverified),
        ("evidence.remarks", "remark", found.remarks),
    ):
        if faults:
            yield said(heading)
        for fault in faults:
            facts = {name: _harmless(value) for name, value in fault.facts.items()}
            yield f"  - {said(f'evidence.{kind}.{fault.slug}', **facts)}"


def _harmless(text: str) -> str:
    """Return a text of a stranger's package without what a terminal would obey."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)
