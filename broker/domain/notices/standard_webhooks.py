"""Signing and verifying after Standard Webhooks (standardwebhooks.com), symmetric scheme v1.

Needs nothing but the standard library and nothing else of this program, so that a receiver may copy the file.
The signature covers id, timestamp and body: none of them can be exchanged. The same id comes again when a delivery is
repeated; a receiver that keeps the ids of the last minutes carries nothing out twice.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Mapping

PREFIX = "whsec_"
SECRET_BYTES = 32
TOLERANCE = 300  # seconds between the clocks of sender and receiver


class WebhookRefused(ValueError):  # noqa: N818  # a raise reads as a sentence
    """The call is not what the sender signed, or too old."""


def new_secret() -> bytes:
    """Return a fresh key."""
    return secrets.token_bytes(SECRET_BYTES)


def shown(key: bytes) -> str:
    """Return the key as the receiver is given it."""
    return PREFIX + base64.b64encode(key).decode()


def sign(key: bytes, message: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Return the three headers of a message that is sent at `timestamp` (Unix seconds)."""
    return {
        "webhook-id": message,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{_signature(key, message, str(timestamp), body)}",
    }


def verify(secret: str, headers: Mapping[str, str], body: bytes, now: float) -> str:
    """Return the id of a good message; whoever keeps the ids also notices a repetition.

    Args:
        secret: as it was shown, `whsec_…`.
        headers: of the call, with names in lower case.
        body: the bytes as they came in, before any JSON is read.
        now: the receiver's clock, Unix seconds.

    Raises:
        WebhookRefused: a header is missing, the signature is wrong, or the message is more than five minutes old.
    """
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
        message, timestamp = headers["webhook-id"], headers["webhook-timestamp"]
        given = headers["webhook-signature"].split()
        age = now - int(timestamp)
    except (KeyError, ValueError, binascii.Error):
        raise WebhookRefused("a header is missing or malformed") from None
    expected = f"v1,{_signature(key, message, timestamp, body)}"
    if not any(hmac.compare_digest(expected.encode(), each.encode()) for each in given):
        raise WebhookRefused("wrong signature")
    if abs(age) > TOLERANCE:
        raise WebhookRefused("too old, or from the future")
    return message


def _signature(key: bytes, message: str, timestamp: str, body: bytes) -> str:
    signed = f"{message}.{timestamp}.".encode() + body
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
