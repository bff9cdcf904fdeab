"""Proving to an RTSP server who asks: Digest where it is offered, Basic where nothing else is."""

import base64
import hashlib
import re
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from pydantic import SecretStr

_PART = re.compile(r'(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))')
_HASHES: dict[str, Callable[[bytes], "hashlib._Hash"]] = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}


@dataclass(frozen=True)
class Challenge:
    """What a server wants to be answered with: `digest` or `basic`, and the words it gave."""

    scheme: str
    words: dict[str, str]

    @property
    def algorithm(self) -> str:
        return self.words.get("algorithm", "MD5").upper()


def challenge_of(headers: Iterable[str]) -> Challenge | None:
    """Return the best challenge that can be answered: SHA-256 before MD5, Digest before Basic; None without one."""
    found = []
    for header in headers:
        scheme, _, rest = header.strip().partition(" ")
        words = {name.lower(): quoted or plain for name, quoted, plain in _PART.findall(rest)}
        challenge = Challenge(scheme.lower(), words)
        if challenge.scheme == "digest" and challenge.algorithm in _HASHES and "nonce" in words:
            found.append((1 if challenge.algorithm == "MD5" else 0, challenge))
        elif challenge.scheme == "basic":
            found.append((2, challenge))
    return min(found, key=lambda it: it[0], default=(0, None))[1]


@dataclass
class Credentials:
    """A name and a password; the password leaves this object only as an answer to a challenge."""

    user: str
    password: SecretStr
    _count: int = field(default=0, init=False)

    def answer(self, challenge: Challenge, method: str, address: str) -> str:
        """Return the header Authorization for one request.

        Raises:
            ValueError: the challenge holds what would break out of the header.
        """
        if challenge.scheme == "basic":
            both = f"{self.user}:{self.password.get_secret_value()}"
            return "Basic " + base64.b64encode(both.encode()).decode()
        words = challenge.words
        realm, nonce, opaque = words.get("realm", ""), words["nonce"], words.get("opaque")
        hashed = _hashing(challenge.algorithm)
        proof = hashed(f"{self.user}:{realm}:{self.password.get_secret_value()}")
        request = hashed(f"{method}:{address}")
        parts = {"username": self.user, "realm": realm, "nonce": nonce, "uri": address}
        extra = ""
        if "auth" in [it.strip() for it in words.get("qop", "").split(",")]:
            self._count += 1
            count, own = f"{self._count:08x}", secrets.token_hex(8)
            parts |= {"cnonce": own, "response": hashed(f"{proof}:{nonce}:{count}:{own}:auth:{request}")}
            extra = f", qop=auth, nc={count}"
        else:
            parts["response"] = hashed(f"{proof}:{nonce}:{request}")
        if opaque is not None:
            parts["opaque"] = opaque
        if "algorithm" in words:
            extra += f", algorithm={challenge.algorithm}"
        if any('"' in value and name != "realm" for name, value in parts.items()):
            raise ValueError("a challenge holds quotes")
        return "Digest " + ", ".join(f'{name}="{value}"' for name, value in parts.items()) + extra


def _hashing(algorithm: str) -> Callable[[str], str]:
    return lambda text: _HASHES[algorithm](text.encode()).hexdigest()
