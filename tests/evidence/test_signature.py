"""The detached signature: OpenSSL reads it, and no byte of it can be other than it was written."""

import random
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from broker.domain.errors import Conflict, Invalid, Unavailable
from storage.packages.authority import new_key
from storage.packages.cms import MalformedSignatureError, read_signature
from storage.packages.signing import KeyFiles
from storage.packages.trust import standing
from tests.evidence.made import NOW, House, house

CONTENT = b"0" * 64 + b"  bagit.txt\n"
OPENSSL = shutil.which("openssl") or ""


def accepted(signature: bytes, content: bytes) -> bool:
    try:
        found = read_signature(signature)
    except MalformedSignatureError:
        return False
    return found.holds(content) and standing(found, None).whole


def test_no_byte_of_a_signature_is_without_meaning(signer: House) -> None:
    signature, chance = signer.sign(CONTENT), random.Random(7)  # noqa: S311
    assert accepted(signature, CONTENT)
    assert not accepted(signature, CONTENT + b"\n")
    for place in range(len(signature)):
        flipped = bytearray(signature)
        flipped[place] ^= 1 << chance.randrange(8)
        assert not accepted(bytes(flipped), CONTENT), place
    for length in range(0, len(signature), 50):
        assert not accepted(signature[:length], CONTENT)
    assert not accepted(signature + b"\0", CONTENT)


@pytest.mark.skipif(not OPENSSL, reason="openssl is not installed")
def test_openssl_accepts_it_and_sees_a_change(signer: House, tmp_path: Path) -> None:
    (tmp_path / "signature").write_bytes(signer.sign(CONTENT))
    for content, code in ((CONTENT, 0), (CONTENT[:-1], 4)):
        (tmp_path / "content").write_bytes(content)
        command = (
            "cms", "-verify", "-binary", "-cades", "-inform", "DER", "-in", str(tmp_path / "signature"),
            "-content", str(tmp_path / "content"), "-CAfile", str(signer.root), "-out", "/dev/null",
            "-attime", str(int(NOW.timestamp())),
        )  # fmt: skip
        assert subprocess.run([OPENSSL, *command], capture_output=True, check=False).returncode == code


def test_who_signed_is_asked_as_of_the_signing(signer: House, tmp_path: Path) -> None:
    roots = x509.load_pem_x509_certificates(signer.root.read_bytes())
    found = standing(read_signature(signer.sign(CONTENT)), roots)
    assert (found.whole, found.in_time, found.trusted) == (True, True, True)
    stranger = house(tmp_path / "other")
    assert standing(read_signature(stranger.sign(CONTENT)), roots).trusted is False
    assert standing(read_signature(stranger.sign(CONTENT)), []).trusted is False
    with pytest.raises(Unavailable, match="evidence-certificate-expired"):
        signer.sign(CONTENT, NOW + timedelta(days=800))


def test_without_a_proper_key_nothing_is_signed(tmp_path: Path) -> None:
    made = house(tmp_path / "keys").made
    assert (made.key.stat().st_mode & 0o777, made.key.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    missing = KeyFiles(tmp_path / "none.key", made.certificate)
    with pytest.raises(Unavailable, match="evidence-key-missing"):
        missing.signer()
    other = house(tmp_path / "other").made
    with pytest.raises(Unavailable, match="evidence-key-unusable"):
        KeyFiles(other.key, made.certificate).signer()
    with pytest.raises(Unavailable, match="evidence-key-unusable"):
        KeyFiles(other.key, other.root).signer()
    other.key.write_text("no key", encoding="ascii")
    with pytest.raises(Unavailable, match="evidence-key-unusable"):
        KeyFiles(other.key, other.certificate).signer()
    made.key.chmod(0o640)
    with pytest.raises(Unavailable, match="evidence-key-open"):
        KeyFiles(made.key, made.certificate).signer()


def test_a_key_is_not_replaced_by_mistake(tmp_path: Path) -> None:
    first = house(tmp_path / "keys").made
    kept = first.key.read_bytes()
    with pytest.raises(Conflict, match="evidence-key-exists"):
        house(tmp_path / "keys")
    assert first.key.read_bytes() == kept
    (tmp_path / "keys" / "evidence-ca.key").unlink()
    with pytest.raises(Unavailable, match="evidence-root-key-missing"):
        house(tmp_path / "keys", rotate=True)
    assert first.key.read_bytes() == kept
    for name in ("", " ", "字" * 65):
        with pytest.raises(Invalid, match="evidence-organization"):
            new_key(tmp_path / "new", name, NOW)
    assert not (tmp_path / "new").exists()
