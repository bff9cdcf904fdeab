"""What a check of a package found, in words: Chinese first, then the same in English, for whoever gets the paper."""

from collections.abc import Iterator, Mapping

from broker.cli.instants import shown
from broker.cli.texts import LANGUAGES, catalogue
from storage.packages.findings import BROKEN, GOOD, OPEN, Fault, Findings

_VERDICTS = {GOOD: "good", BROKEN: "broken", OPEN: "open"}


def in_words(found: Findings, family: str = "evidence", **counted: int) -> str:
    """Return the whole report: `family` is where its sentences stand, `counted` what was checked."""
    counted = counted or ({"files": found.files, "size": found.size} if found.files else {})
    return "\n\n".join("\n".join(_lines(found, language, family, counted)) for language in LANGUAGES)


def as_record(found: Findings) -> dict[str, object]:
    """Return the same as plain values for programs."""
    return {
        "verdict": _VERDICTS[found.code],
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


def _lines(found: Findings, language: str, family: str, counted: Mapping[str, int]) -> Iterator[str]:
    def said(slug: str, **facts: object) -> str:
        return catalogue(language)[f"{family}.{slug}"].format_map(facts)

    yield said(_VERDICTS[found.code], name=_harmless(found.name) or "-")
    if counted:
        yield said("files", **counted)
    if found.signer and found.signed_at:
        yield said("signed", signer=_harmless(found.signer), at=shown(found.signed_at))
    for heading, kind, faults in (
        ("faults", "fault", found.faults),
        ("unverified", "unverified", found.unverified),
        ("remarks", "remark", found.remarks),
    ):
        if faults:
            yield said(heading)
        for fault in faults:
            facts = {name: _harmless(value) for name, value in fault.facts.items()}
            yield f"  - {said(f'{kind}.{fault.slug}', **facts)}"


def _harmless(text: str) -> str:
    """Return a text of a stranger's package without what a terminal would obey."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)
