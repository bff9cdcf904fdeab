"""A detached signature (CMS, RFC 5652): one signer, ECDSA with SHA-256, certificates inside, the content outside.

The signed attributes bind the certificates too (RFC 5035), as CAdES asks for. It is read by taking out what may vary
and writing it anew: a byte that comes out otherwise makes the signature unreadable, so that nothing can be hidden in
one or changed about it.
"""

import hashlib
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509 import ObjectIdentifier as Oid

_SIGNED_DATA, _DATA = Oid("1.2.840.113549.1.7.2"), Oid("1.2.840.113549.1.7.1")
_CONTENT_TYPE, _DIGEST, _TIME = (Oid(f"1.2.840.113549.1.9.{number}") for number in (3, 4, 5))
_CERTIFICATES = Oid("1.2.840.113549.1.9.16.2.47")
_SHA256, _ECDSA = Oid("2.16.840.1.101.3.4.2.1"), Oid("1.2.840.10045.4.3.2")


_UNREADABLE = (
    ValueError, StopIteration, OverflowError, TypeError, x509.InvalidVersion, UnsupportedAlgorithm,
    x509.DuplicateExtension, CryptographyDeprecationWarning,
)  # fmt: skip


class MalformedSignatureError(ValueError):
    """The bytes are no signature of the one form that is written here."""


@asn1.sequence
class _Only:
    """A sequence of one identifier: an algorithm without parameters, or content that lies elsewhere."""

    oid: Oid


@asn1.sequence
class _IssuerAndSerial:
    issuer: asn1.TLV
    serial: int


@asn1.sequence
class _OidAttribute:
    oid: Oid
    values: asn1.SetOf[Oid]


@asn1.sequence
class _TimeAttribute:
    oid: Oid
    values: asn1.SetOf[asn1.UTCTime]


@asn1.sequence
class _BytesAttribute:
    oid: Oid
    values: asn1.SetOf[bytes]


@asn1.sequence
class _CertificateDigest:
    """The digest of one certificate; SHA-256 is the algorithm that goes without saying."""

    digest: bytes


@asn1.sequence
class _SigningCertificates:
    digests: list[_CertificateDigest]


@asn1.sequence
class _CertificatesAttribute:
    oid: Oid
    values: asn1.SetOf[_SigningCertificates]


@asn1.sequence
class _SignerInfo:
    version: int
    signer: _IssuerAndSerial
    digest: _Only
    attributes: Annotated[asn1.SetOf[asn1.TLV], asn1.Implicit(0)]
    algorithm: _Only
    signature: bytes


@asn1.sequence
class _SignedData:
    version: int
    digests: asn1.SetOf[_Only]
    content: _Only
    certificates: Annotated[asn1.SetOf[asn1.TLV], asn1.Implicit(0)]
    signers: asn1.SetOf[_SignerInfo]


@asn1.sequence
class _ContentInfo:
    oid: Oid
    content: Annotated[_SignedData, asn1.Explicit(0)]


@dataclass(frozen=True)
class Signature:
    """A signature taken apart; `signer` is the certificate it names, `others` came along to show who issued it."""

    signer: x509.Certificate
    others: tuple[x509.Certificate, ...]
    at: datetime
    """When it was made, as the signer says."""
    digest: bytes
    value: bytes

    @property
    def certificates(self) -> list[bytes]:
        """The certificates as DER, the signer's own first."""
        return [each.public_bytes(Encoding.DER) for each in (self.signer, *self.others)]

    def attributes(self) -> list[asn1.TLV]:
        """Return what is signed in place of the content, in the order that DER gives a set."""
        bound = [_CertificateDigest(digest=hashlib.sha256(each).digest()) for each in self.certificates]
        told = [
            asn1.encode_der(_OidAttribute(oid=_CONTENT_TYPE, values=asn1.SetOf([_DATA]))),
            asn1.encode_der(_TimeAttribute(oid=_TIME, values=asn1.SetOf([asn1.UTCTime(self.at)]))),
            asn1.encode_der(_BytesAttribute(oid=_DIGEST, values=asn1.SetOf([self.digest]))),
            asn1.encode_der(
                _CertificatesAttribute(oid=_CERTIFICATES, values=asn1.SetOf([_SigningCertificates(digests=bound)]))
            ),
        ]
        return [_tlv(each) for each in sorted(told)]

    def to_sign(self) -> bytes:
        """Return what the signature is over: the attributes as a set, not under the tag they are kept with."""
        return asn1.encode_der(asn1.SetOf(self.attributes()))

    def holds(self, content: bytes) -> bool:
        """Say whether this content was signed with the key of the signer's certificate."""
        try:
            key = self.signer.public_key()
            if hashlib.sha256(content).digest() != self.digest or not isinstance(key, ec.EllipticCurvePublicKey):
                return False
            key.verify(self.value, self.to_sign(), ec.ECDSA(hashes.SHA256()))
        except (InvalidSignature, ValueError, UnsupportedAlgorithm):
            return False
        return True


def sign(content: bytes, chain: Sequence[x509.Certificate], at: datetime, by: Callable[[bytes], bytes]) -> bytes:
    """Return a signature over the content, as DER.

    Args:
        content: what is signed; it does not become part of the result.
        chain: the signer's certificate, then those that lead to its root; at least one.
        at: the instant of signing, told in whole seconds.
        by: makes the ECDSA signature over SHA-256 of what it is given, as DER; where the key lies is its own matter.
    """
    at = at.astimezone(UTC).replace(microsecond=0)
    others = tuple(sorted(chain[1:], key=lambda each: each.public_bytes(Encoding.DER)))
    unsigned = Signature(chain[0], others, at, hashlib.sha256(content).digest(), b"")
    return _encoded(replace(unsigned, value=by(unsigned.to_sign())))


def read_signature(encoded: bytes) -> Signature:
    """Take a signature apart; whether it holds is another question.

    Raises:
        MalformedSignatureError: it is none, or has a byte more or other than `sign` would have written.
    """
    try:
        found = _taken_apart(encoded)
        if _encoded(found) == encoded:
            return found
    except _UNREADABLE as error:
        raise MalformedSignatureError("this is no signature of an evidence package") from error
    raise MalformedSignatureError("the signature has bytes that nothing accounts for")


def _taken_apart(encoded: bytes) -> Signature:
    signed = asn1.decode_der(_ContentInfo, encoded).content
    (info,) = signed.signers.as_list()
    attributes = info.attributes.as_list()
    with warnings.catch_warnings():
        warnings.simplefilter("error", CryptographyDeprecationWarning)  # what will not be read one day is not read now
        certificates = [_legible(_whole(each)) for each in signed.certificates.as_list()]
    named = (_whole(info.signer.issuer), info.signer.serial)
    signer = next(each for each in certificates if (each.issuer.public_bytes(), each.serial_number) == named)
    (instant,) = _found(attributes, _TIME).parse(_TimeAttribute).values.as_list()
    (digest,) = _found(attributes, _DIGEST).parse(_BytesAttribute).values.as_list()
    others = tuple(each for each in certificates if each is not signer)  # in order: else it comes out otherwise
    return Signature(signer, others, instant.as_datetime().replace(tzinfo=UTC), digest, info.signature)


def _legible(encoded: bytes) -> x509.Certificate:
    """Return a certificate all of whose parts can be read; most are read only when they are asked for."""
    certificate = x509.load_der_x509_certificate(encoded)
    for part in ("subject", "issuer", "extensions", "not_valid_before_utc", "not_valid_after_utc"):
        getattr(certificate, part)
    certificate.public_key()
    return certificate


def _encoded(of: Signature) -> bytes:
    signer = _IssuerAndSerial(issuer=_tlv(of.signer.issuer.public_bytes()), serial=of.signer.serial_number)
    info = _SignerInfo(
        version=1,
        signer=signer,
        digest=_Only(oid=_SHA256),
        attributes=asn1.SetOf(of.attributes()),
        algorithm=_Only(oid=_ECDSA),
        signature=of.value,
    )
    signed = _SignedData(
        version=1,
        digests=asn1.SetOf([_Only(oid=_SHA256)]),
        content=_Only(oid=_DATA),
        certificates=asn1.SetOf([_tlv(each) for each in sorted(of.certificates)]),
        signers=asn1.SetOf([info]),
    )
    return asn1.encode_der(_ContentInfo(oid=_SIGNED_DATA, content=signed))


def _found(attributes: Sequence[asn1.TLV], kind: Oid) -> asn1.TLV:
    head = asn1.encode_der(kind)
    return next(each for each in attributes if bytes(each.data).startswith(head))


def _tlv(encoded: bytes) -> asn1.TLV:
    return asn1.decode_der(asn1.TLV, encoded)


def _whole(tlv: asn1.TLV) -> bytes:
    return asn1.encode_der(tlv)
