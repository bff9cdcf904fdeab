"""The key that signs packages: a PEM file beside its certificates, outside the database, made ready once a package."""

import stat
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from broker.domain.errors import Unavailable
from storage.packages import cms

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True)
class Signer:
    """Somebody who can sign: a key, and the certificates from its own to the root or as far as they are known."""

    key: ec.EllipticCurvePrivateKey
    chain: tuple[x509.Certificate, ...]

    def __repr__(self) -> str:
        return f"Signer({self.name!r})"

    @property
    def name(self) -> str:
        """Who signs, as the certificate has it (RFC 4514)."""
        return self.chain[0].subject.rfc4514_string()

    def sign(self, content: bytes, at: datetime) -> bytes:
        """Return a detached signature over the content.

        Raises:
            Unavailable: the certificate is not valid at this instant.
        """
        own = self.chain[0]
        if not own.not_valid_before_utc <= at <= own.not_valid_after_utc:
            begin, end = own.not_valid_before_utc.isoformat(), own.not_valid_after_utc.isoformat()
            raise Unavailable("evidence-certificate-expired", begin=begin, end=end)
        return cms.sign(content, self.chain, at, lambda told: self.key.sign(told, ec.ECDSA(hashes.SHA256())))


class KeyFiles:
    """Where key and certificates lie; they are read anew for each package, so that a rotation needs no restart."""

    def __init__(self, key: Path, certificate: Path) -> None:
        self._key = key
        self._certificate = certificate

    def __repr__(self) -> str:
        return f"KeyFiles({str(self._key)!r}, {str(self._certificate)!r})"

    def signer(self) -> Signer:
        """Read the key and its certificates.

        Raises:
            Unavailable: `evidence-key-missing`; `evidence-key-open`, others on this machine may read the key;
                `evidence-key-unusable`, it is none, or not that of the first certificate.
        """
        try:
            if self._key.stat().st_mode & _OTHERS:
                raise Unavailable("evidence-key-open", file=str(self._key))
            key = load_pem_private_key(self._key.read_bytes(), password=None)
            chain = x509.load_pem_x509_certificates(self._certificate.read_bytes())
        except FileNotFoundError as error:
            raise Unavailable("evidence-key-missing", file=error.filename) from None
        except (OSError, ValueError, TypeError) as error:
            raise Unavailable("evidence-key-unusable", file=str(self._key), reason=_plain(error)) from None
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
            raise Unavailable("evidence-key-unusable", file=str(self._key), reason="not ECDSA P-256")
        if not _belongs(key, chain):
            raise Unavailable("evidence-key-unusable", file=str(self._key), reason=f"not of {self._certificate}")
        return Signer(key, tuple(chain))


def _belongs(key: ec.EllipticCurvePrivateKey, chain: Sequence[x509.Certificate]) -> bool:
    own = chain[0].public_key()
    return isinstance(own, ec.EllipticCurvePublicKey) and own.public_numbers() == key.public_key().public_numbers()


def _plain(error: Exception) -> str:
    """Return what is wrong without a word of the file: the messages of parsers may quote it."""
    return error.strerror or "" if isinstance(error, OSError) else type(error).__name__
