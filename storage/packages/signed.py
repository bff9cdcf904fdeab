"""The check of a signature over something: whether it holds, who made it, and who vouches for that."""

from collections.abc import Sequence

from cryptography import x509

from storage.packages.cms import MalformedSignatureError, read_signature
from storage.packages.findings import Fault, Findings
from storage.packages.trust import standing


def check_signature(
    name: str, signature: bytes, content: bytes, roots: Sequence[x509.Certificate] | None, findings: Findings
) -> None:
    """Add to the findings what a detached signature over a content shows; `name` is what it is called."""
    try:
        read = read_signature(signature)
    except MalformedSignatureError:
        findings.faults.append(Fault("malformed", name=name))
        return
    if not read.holds(content):
        findings.faults.append(Fault("signature"))
        return
    shown = standing(read, roots)
    findings.signer, findings.signed_at = shown.name, read.at
    if not shown.whole:
        findings.faults.append(Fault("certificates"))
    if not shown.in_time:
        findings.faults.append(Fault("certificate-time", at=read.at.isoformat()))
    if shown.trusted is None:
        findings.unverified.append(Fault("issuer"))
    elif not shown.trusted:
        findings.faults.append(Fault("untrusted", name=shown.name))
