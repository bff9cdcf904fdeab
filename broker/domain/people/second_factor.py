"""The second factor: one-time codes of an authenticator (RFC 6238), and recovery codes for when it is lost.

SHA-1, six digits and thirty seconds are what every authenticator understands; the strength lies in the secret of 160
bits and in the few tries that are allowed.
"""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import quote
from uuid import UUID

from broker.domain.ids import PersonId

ISSUER = "Xueliang"
STEP = 30
DIGITS = 6
EITHER_SIDE = 1
"""Steps that a clock may be off, before and after."""

SECRET_BYTES = 20
ENROLMENT = timedelta(minutes=15)
"""How long an enrolment waits for the code that confirms it."""

RECOVERY_CODES = 10
RECOVERY_BYTES = 10
_RECOVERY_LENGTH = 16
_GROUP = 4


class Means(StrEnum):
    """What somebody has shown."""

    CODE = "code"
    RECOVERY = "recovery"


@dataclass(frozen=True)
class Factor:
    """An enrolment of a person; `sealed` is the secret as it is stored, `last_step` the latest step that was used."""

    id: UUID
    person_id: PersonId
    sealed: bytes
    begun_at: datetime
    confirmed_at: datetime | None
    last_step: int

    @property
    def place(self) -> str:
        return place_of(self.id)


def place_of(factor: UUID) -> str:
    """Return what the secret of an enrolment is sealed for."""
    return f"second_factor/{factor}/sealed"


def new_secret() -> bytes:
    """Return a fresh secret of 160 bits, as long as the digest."""
    return secrets.token_bytes(SECRET_BYTES)


def step_of(at: datetime) -> int:
    """Return the number of the step that holds the instant."""
    return int(at.timestamp()) // STEP


def code_of(secret: bytes, step: int) -> str:
    """Return the code of one step (RFC 4226 section 5.3)."""
    mac = hmac.digest(secret, step.to_bytes(8, "big"), hashlib.sha1)
    place = mac[-1] & 0x0F
    number = int.from_bytes(mac[place : place + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def fitting_step(secret: bytes, code: str, at: datetime, last_step: int) -> int | None:
    """Return the step whose code this is, or None; a step is good once, and none before it is good afterwards."""
    now = step_of(at)
    found = None
    for step in range(now - EITHER_SIDE, now + EITHER_SIDE + 1):
        # All are compared, so that the time taken does not say which one fits.
        if hmac.compare_digest(code_of(secret, step).encode(), code.encode()) and step > last_step:
            found = step
    return found


def uri_of(secret: bytes, login: str) -> str:
    """Return what an authenticator reads from a QR code."""
    label = f"{ISSUER}:{quote(login, safe='')}"
    return (
        f"otpauth://totp/{label}?secret={base32(secret)}&issuer={ISSUER}&algorithm=SHA1&digits={DIGITS}&period={STEP}"
    )


def base32(secret: bytes) -> str:
    """Return the secret as people type it into an authenticator."""
    return base64.b32encode(secret).decode().rstrip("=")


def new_recovery_codes() -> tuple[str, ...]:
    """Return fresh codes of 80 bits each, in groups of four."""
    texts = (base32(secrets.token_bytes(RECOVERY_BYTES)) for _ in range(RECOVERY_CODES))
    return tuple("-".join(text[at : at + _GROUP] for at in range(0, len(text), _GROUP)) for text in texts)


def typed(code: str) -> str:
    """Return a code as it is compared: people type spaces, dashes and small letters."""
    return "".join(code.split()).replace("-", "").upper()


def means_of(code: str) -> Means | None:
    """Return what a code as it is compared can be, None when it is none at all."""
    if not code.isascii() or not code.isalnum():
        return None
    if len(code) == DIGITS and code.isdigit():
        return Means.CODE
    return Means.RECOVERY if len(code) == _RECOVERY_LENGTH else None


def recovery_digest(code: str) -> bytes:
    """Return what is stored of a recovery code: 80 random bits need no salt and no slow hash."""
    return hashlib.sha256(b"xueliang recovery:" + typed(code).encode()).digest()
