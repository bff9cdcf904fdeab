"""Who signed: from the signer's certificate to a root that whoever verifies trusts, as of the instant of signing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.x509.verification import Criticality, ExtensionPolicy, PolicyBuilder, Store, VerificationError

from storage.packages.cms import Signature

_SIGNS = ("digital_signature", "content_commitment")


@dataclass(frozen=True)
class Standing:
    """What the certificates of a signature show.

    Attributes:
        name: who signed, by the certificate's own words (RFC 4514).
        whole: every certificate that came along is what its issuer signed, and none is superfluous.
        in_time: they were all valid when the signature was made, by the signer's own word.
        trusted: they lead to one of the given roots; None where none was given.
    """

    name: str
    whole: bool
    in_time: bool
    trusted: bool | None


def standing(signature: Signature, roots: Sequence[x509.Certificate] | None) -> Standing:
    """Say what the certificates of a signature show; `roots` None: by whom they were issued is not asked."""
    chain = [signature.signer, *_issuers(signature.signer, signature.others)]
    whole = len(chain) == 1 + len(signature.others) and _linked(chain) and _may_sign(signature.signer)
    in_time = all(each.not_valid_before_utc <= signature.at <= each.not_valid_after_utc for each in chain)
    trusted = None if roots is None else _leads_to(signature.signer, chain[1:], roots, signature.at)
    return Standing(signature.signer.subject.rfc4514_string(), whole, in_time, trusted)


def _issuers(signer: x509.Certificate, others: Sequence[x509.Certificate]) -> list[x509.Certificate]:
    """Return the certificates that came along, each behind the one it is said to have issued."""
    found: list[x509.Certificate] = []
    below = signer
    while below.issuer != below.subject:
        above = next((each for each in others if each.subject == below.issuer and each not in found), None)
        if above is None:
            break
        found.append(above)
        below = above
    return found


def _linked(chain: Sequence[x509.Certificate]) -> bool:
    """Say whether each certificate is issued by the next, and a root at the end by itself."""
    last = chain[-1]
    above = [*chain[1:], *([last] if last.issuer == last.subject else [])]
    try:
        for below, issuer in zip(chain, above, strict=False):
            below.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return True


def _may_sign(certificate: x509.Certificate) -> bool:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return True
    except ValueError:
        return False
    return any(getattr(usage, name) for name in _SIGNS)


def _leads_to(
    signer: x509.Certificate, others: Sequence[x509.Certificate], roots: Sequence[x509.Certificate], at: datetime
) -> bool:
    """Say whether the signer was certified by one of the roots, all being valid at the instant (RFC 5280)."""
    if not roots:
        return False
    between = ExtensionPolicy.permit_all().require_present(x509.BasicConstraints, Criticality.AGNOSTIC, None)
    builder = PolicyBuilder().store(Store(list(roots))).time(at)
    builder = builder.extension_policies(ca_policy=between, ee_policy=ExtensionPolicy.permit_all())
    try:
        builder.build_client_verifier().verify(signer, list(others))
    except (VerificationError, ValueError):
        return False
    return True
