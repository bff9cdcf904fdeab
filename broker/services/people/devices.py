"""The cookie of a device: which logins were used on it. It opens nothing, it only counts wrong passwords apart."""

import base64
import binascii
import hashlib
import json
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from broker.domain.errors import Unavailable
from storage.secrets import SecretBox

PLACE = "device/cookie"
KEPT = timedelta(days=180)
LOGINS = 5
LONGEST = 1000
_NAME_BYTES = 16


@dataclass(frozen=True)
class _Device:
    name: str
    logins: tuple[str, ...]
    at: datetime = field(compare=False)


class Devices:
    """Reads and writes the cookie: sealed, so that nobody makes one up."""

    def __init__(self, box: SecretBox) -> None:
        self._box = box

    def name(self, cookie: str | None, login: str, now: datetime) -> str:
        """Return the name of the device when the login was used on it before, else nothing."""
        device = self._read(cookie, now)
        return device.name if device and _mark(login) in device.logins else ""

    def greeted(self, cookie: str | None, login: str, now: datetime) -> str | None:
        """Return the cookie after a sign-in; None where there is no key, and every device stays unknown."""
        device = self._read(cookie, now)
        before = [it for it in device.logins if it != _mark(login)] if device else []
        logins = [*before, _mark(login)][-LOGINS:]
        told = {
            "name": device.name if device else secrets.token_hex(_NAME_BYTES), "logins": logins, "at": now.isoformat()
        }  # fmt: skip
        with suppress(Unavailable):
            return base64.urlsafe_b64encode(self._box.seal(json.dumps(told).encode(), PLACE)).decode()
        return None

    def _read(self, cookie: str | None, now: datetime) -> _Device | None:
        if not cookie or len(cookie) > LONGEST:
            return None
        try:
            told = json.loads(self._box.open(base64.urlsafe_b64decode(cookie), PLACE))
        except (Unavailable, binascii.Error, ValueError):
            return None  # damaged, of another installation, or the key is gone: an unknown device
        device = _Device(told["name"], tuple(told["logins"]), datetime.fromisoformat(told["at"]))
        return device if now < device.at + KEPT else None


def _mark(login: str) -> str:
    return hashlib.sha256(b"device:" + login.encode(errors="replace")).hexdigest()[:16]
