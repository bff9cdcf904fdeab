"""Signing in with an identity of another house (OpenID Connect): what its token must say, and where it may lead.

An identity is issuer and subject together, never a name or an address: those are given to somebody else one day.
"""

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from broker.domain.ids import PersonId

FLOW = timedelta(minutes=10)
"""How long somebody may take to sign in over there."""

LEEWAY = timedelta(seconds=60)
"""What the clocks of two houses may differ by."""

LONGEST_SUBJECT = 255
LONGEST_PLACE = 500
MOST = 10
"""How many identities one person may have."""

ALGORITHMS = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"},
)
"""Signatures with a key of which we hold only the public part; nothing else may even be set."""


class Refused(Exception):  # noqa: N818  # reads as a sentence
    """What came from over there is not believed; `reason` goes into the trace, from a closed list."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Flow:
    """What a browser was sent away with, and has to come back to; `person` and `credential` for who links.

    `credential` is the digest of the session in which the linking began.
    """

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    place: str
    begun_at: datetime
    person: PersonId | None = None
    credential: bytes = field(default=b"", repr=False)

    def plain(self) -> bytes:
        """Return the text that is sealed for the browser."""
        told = {
            "state": self.state, "nonce": self.nonce, "verifier": self.verifier, "place": self.place,
            "begun_at": self.begun_at.isoformat(), "person": str(self.person) if self.person else "",
            "credential": self.credential.hex(),
        }  # fmt: skip
        return json.dumps(told).encode()

    @classmethod
    def of(cls, plain: bytes) -> "Flow":
        """Read what `plain` wrote; it was sealed, so nobody else wrote it."""
        told = json.loads(plain)
        return cls(
            told["state"], told["nonce"], told["verifier"], told["place"], datetime.fromisoformat(told["begun_at"]),
            PersonId(UUID(told["person"])) if told["person"] else None, bytes.fromhex(told["credential"]),
        )  # fmt: skip


@dataclass(frozen=True)
class Identity:
    """Who somebody is over there; `shown_at`: when they signed in there, None when that is not told."""

    issuer: str
    subject: str
    methods: frozenset[str] = frozenset()
    level: str = ""
    shown_at: datetime | None = None


@dataclass(frozen=True)
class Linked:
    """An identity of a person."""

    id: UUID
    issuer: str
    subject: str
    linked_at: datetime


def identity_in(claims: Mapping[str, object], issuer: str, client: str, flow: Flow, now: datetime) -> Identity:
    """Check what a token says whose signature was checked (OpenID Connect Core 3.1.3.7).

    Raises:
        Refused: it is not for us, not from there, not for this sign-in, or not now.
    """
    if claims.get("iss") != issuer:
        raise Refused("issuer")
    _for_us(claims, client)
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not hmac.compare_digest(nonce.encode(), flow.nonce.encode()):
        raise Refused("nonce")
    _in_time(claims, flow, now)
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT or not subject.isprintable():
        raise Refused("subject")
    told = claims.get("amr")
    methods = frozenset(it for it in told if isinstance(it, str)) if isinstance(told, list) else frozenset()
    level = claims.get("acr")
    shown = None if claims.get("auth_time") is None else _instant(claims, "auth_time")
    return Identity(issuer, subject, methods, level if isinstance(level, str) else "", shown)


def _for_us(claims: Mapping[str, object], client: str) -> None:
    audience = claims.get("aud")
    listed = [audience] if isinstance(audience, str) else audience
    if not isinstance(listed, list) or client not in listed or not all(isinstance(it, str) for it in listed):
        raise Refused("audience")
    party = claims.get("azp")
    if (len(listed) > 1 or party is not None) and party != client:
        raise Refused("party")


def _in_time(claims: Mapping[str, object], flow: Flow, now: datetime) -> None:
    if _instant(claims, "exp") + LEEWAY <= now:
        raise Refused("expired")
    issued = _instant(claims, "iat")
    if issued > now + LEEWAY or issued < flow.begun_at - LEEWAY:
        raise Refused("issued-at")
    if claims.get("nbf") is not None and _instant(claims, "nbf") > now + LEEWAY:
        raise Refused("not-yet")


def _instant(claims: Mapping[str, object], name: str) -> datetime:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refused("instant")
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        raise Refused("instant") from None
