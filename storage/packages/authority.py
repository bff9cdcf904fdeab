"""A certificate authority in a folder, for houses that have none: a root, and leaves that sign packages.

evidence-ca.key        the key of the root: best kept on another machine once the leaf is made
evidence-ca.pem        the root: what whoever verifies needs, handed over by another way than the packages
evidence.key           the key that signs packages
evidence.pem           its certificate and the root's
evidence-<date>.pem    certificates that signed before
"""

import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from broker.domain.errors import Conflict, Invalid, Unavailable

FOLDER = "evidence"
"""Where all this lies below the data directory."""
ROOT_KEY, ROOT = "evidence-ca.key", "evidence-ca.pem"
KEY, CERTIFICATE = "evidence.key", "evidence.pem"
ROOT_DAYS, LEAF_DAYS = 20 * 365, 2 * 365
_EARLIER = timedelta(minutes=5)  # machines that verify may have clocks that are a little behind


@dataclass(frozen=True)
class Made:
    """What was made: where it lies, whose it is and until when it signs."""

    key: Path
    certificate: Path
    root: Path
    subject: str
    until: datetime
    retired: Path | None = None


def new_key(folder: Path, organization: str, now: datetime, *, rotate: bool = False) -> Made:
    """Make a key and its certificate, and the root too where the folder has none.

    Args:
        folder: made if it is missing, for its owner alone.
        organization: whose packages these will be, as every certificate says.
        now: certificates are valid from here on.
        rotate: put a new key in the place of the one that is there; its certificate is kept, its key is not.

    Raises:
        Conflict: there is a key, and no rotation was asked for.
        Invalid: the name is empty or too long for a certificate.
        Unavailable: the folder cannot be written, or the root's key is not there to sign with.
    """
    if not 0 < len(organization.strip()) <= 64:  # noqa: PLR2004  # ub-organization-name of X.520
        raise Invalid("evidence-organization", pointer="/organization", longest=64)
    key, certificate = folder / KEY, folder / CERTIFICATE
    if key.exists() and not rotate:
        raise Conflict("evidence-key-exists", file=str(key))
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        root_key, root = _root(folder, organization, now)
        retired = _retire(certificate)
        leaf_key, leaf = _leaf(root_key, root, organization, now)
        _write(certificate, leaf.public_bytes(Encoding.PEM) + root.public_bytes(Encoding.PEM), 0o644)
        _write(key, _pem(leaf_key), 0o600)
    except OSError as error:
        raise Unavailable("evidence-folder-unusable", folder=str(folder), reason=error.strerror or "") from error
    return Made(
        key, certificate, folder / ROOT, leaf.subject.rfc4514_string(), leaf.not_valid_after_utc, retired
    )  # fmt: skip


def _root(folder: Path, organization: str, now: datetime) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    """Return the root of the folder, made where there is none.

    Raises:
        Unavailable: there is a root and its key lies elsewhere.
    """
    if (folder / ROOT).exists():
        try:
            key = load_pem_private_key((folder / ROOT_KEY).read_bytes(), password=None)
            root = x509.load_pem_x509_certificate((folder / ROOT).read_bytes())
        except (FileNotFoundError, ValueError) as error:
            raise Unavailable("evidence-root-key-missing", file=str(folder / ROOT_KEY)) from error
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise Unavailable("evidence-root-key-missing", file=str(folder / ROOT_KEY))
        return key, root
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(organization, "evidence root")
    usage = _usage(root=True)
    builder = _builder(name, name, key.public_key(), now, ROOT_DAYS)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    root = builder.add_extension(usage, critical=True).sign(key, hashes.SHA256())
    _write(folder / ROOT_KEY, _pem(key), 0o600)
    _write(folder / ROOT, root.public_bytes(Encoding.PEM), 0o644)
    return key, root


def _leaf(
    root_key: ec.EllipticCurvePrivateKey, root: x509.Certificate, organization: str, now: datetime
) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(organization, f"evidence {now:%Y-%m-%d}")
    days = min(LEAF_DAYS, (root.not_valid_after_utc - now).days)
    builder = _builder(name, root.subject, key.public_key(), now, days)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(root=False), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key())
    return key, builder.add_extension(issuer, critical=False).sign(root_key, hashes.SHA256())


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, days: int
) -> x509.CertificateBuilder:
    begin = now - _EARLIER
    return (
        x509.CertificateBuilder(issuer, subject, key, x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, root: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not root, content_commitment=not root, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=root, crl_sign=root, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _name(organization: str, what: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization.strip()),
            x509.NameAttribute(NameOID.COMMON_NAME, f"Xueliang {what}"),
        ],
    )


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _retire(certificate: Path) -> Path | None:
    """Keep the certificate that signed until now under the day it began: whoever looks back will want it."""
    with suppress(FileNotFoundError, ValueError):
        was = x509.load_pem_x509_certificate(certificate.read_bytes())
        kept = certificate.with_name(f"evidence-{was.not_valid_before_utc:%Y%m%dT%H%M%S}.pem")
        os.link(certificate, kept)
        return kept
    return None


def _write(path: Path, content: bytes, mode: int) -> None:
    """Put a file in its place in one step; a key is never there with more rights than it will have."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}")  # made with mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)
