"""Checks the signature of an ID token: with keys of the house, an algorithm that the operator named, nothing else.

What a token says about how it wants to be checked is not heeded: a head that brings a key, or names a place to get
one, is refused before anything is computed.
"""

import base64
import binascii
import json
from collections.abc import Collection, Mapping, Sequence

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from broker.domain.people.oidc import Refused

LONGEST = 16 * 1024
MOST_KEYS = 50
LEAST_BITS, MOST_BITS = 2048, 8192
LONGEST_EXPONENT = 8  # signs of base64
HEAD = frozenset({"alg", "kid", "typ", "x5t", "x5t#S256"})
"""What a head may say; a key, a place of one (jwk, jku, x5u, x5c), or demands of its own (crit) are not among it."""

_KINDS = {"RS": "RSA", "PS": "RSA", "ES": "EC"}
_CURVES = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}
_CLASSES: Mapping[str, type[RSAKey] | type[ECKey]] = {"RSA": RSAKey, "EC": ECKey}
_PUBLIC = {"RSA": ("kty", "n", "e"), "EC": ("kty", "crv", "x", "y")}
"""The members that are the key itself: what is said about it beside is of no use here."""

Jwk = Mapping[str, object]


class UnknownKey(Refused):
    """No key of the house fits; it may have changed its keys since they were read."""

    def __init__(self) -> None:
        super().__init__("key")


def read_token(text: str, keys: Sequence[Jwk], allowed: Collection[str]) -> Mapping[str, object]:
    """Return what a token says, its signature checked; what it says is not.

    Raises:
        Refused: it is malformed, or not signed as it has to be.
        UnknownKey: the same, for want of a key.
    """
    head = _head(text)
    algorithm, kind = head.get("alg"), head.get("typ", "JWT")
    if not isinstance(algorithm, str) or algorithm not in allowed:
        raise Refused("algorithm")
    if not set(head) <= HEAD or not isinstance(kind, str) or kind.upper() != "JWT":
        raise Refused("head")
    key = _fitting(keys, algorithm, head.get("kid"))
    try:
        kind = str(key["kty"])
        imported = _CLASSES[kind].import_key({name: str(key[name]) for name in _PUBLIC[kind]})
        token = jwt.decode(text, imported, algorithms=[algorithm])
    except (JoseError, ValueError, TypeError, KeyError, RecursionError):
        raise Refused("signature") from None
    return token.claims


def _head(text: str) -> Mapping[str, object]:
    parts = text.split(".")
    if len(text) > LONGEST or not text.isascii() or len(parts) != 3 or not all(parts):  # noqa: PLR2004  # JWS, compact
        raise Refused("form")
    try:
        head = json.loads(base64.b64decode(parts[0] + "=" * (-len(parts[0]) % 4), b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        raise Refused("form") from None
    if not isinstance(head, dict):
        raise Refused("form")
    return head


def _fitting(keys: Sequence[Jwk], algorithm: str, name: object) -> Jwk:
    """Return the key the head names; without a name, the only one that could have signed."""
    fit = [key for key in keys[:MOST_KEYS] if _fits(key, algorithm)]
    found = fit if name is None else [key for key in fit if key.get("kid") == name]
    if len(found) != 1:
        raise UnknownKey
    return found[0]


def _fits(key: Jwk, algorithm: str) -> bool:
    if key.get("kty") != _KINDS[algorithm[:2]] or key.get("use", "sig") != "sig" or "d" in key:
        return False
    if key.get("alg", algorithm) != algorithm or key.get("crv") != _CURVES.get(algorithm):
        return False
    if key.get("kty") != "RSA":
        return True
    modulus, exponent = key.get("n"), key.get("e")
    if not isinstance(modulus, str) or not isinstance(exponent, str) or len(exponent) > LONGEST_EXPONENT:
        return False
    return LEAST_BITS <= len(modulus) * 6 <= MOST_BITS + 6
