"""One-time codes against the vectors of RFC 6238 and against another implementation, and what recovery codes are."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.domain.people.second_factor import (
    RECOVERY_CODES,
    STEP,
    Means,
    base32,
    code_of,
    fitting_step,
    means_of,
    new_recovery_codes,
    new_secret,
    recovery_digest,
    step_of,
    typed,
    uri_of,
)

RFC_SECRET = b"12345678901234567890"
RFC_VECTORS = [  # appendix B, SHA-1: seconds, eight digits
    (59, "94287082"),
    (1111111109, "07081804"),
    (1111111111, "14050471"),
    (1234567890, "89005924"),
    (2000000000, "69279037"),
    (20000000000, "65353130"),
]
NOON = datetime(2026, 11, 21, 12, 0, 7, tzinfo=UTC)


@pytest.mark.parametrize(("seconds", "eight"), RFC_VECTORS)
def test_the_vectors_of_the_rfc(seconds: int, eight: str) -> None:
    """Six digits are the last six of the eight that the RFC shows."""
    assert code_of(RFC_SECRET, step_of(datetime.fromtimestamp(seconds, UTC))) == eight[-6:]


@given(st.binary(min_size=20, max_size=20), st.integers(0, 2**34))
def test_another_implementation_says_the_same(secret: bytes, seconds: int) -> None:
    other = pyotp.TOTP(base32(secret))
    assert code_of(secret, seconds // STEP) == other.at(seconds)
    assert base32(secret) == other.secret


@pytest.mark.parametrize(("off", "good"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_off_by_one_step(off: int, good: bool) -> None:
    code = pyotp.TOTP(base32(RFC_SECRET)).at(NOON + timedelta(seconds=off * STEP))
    step = fitting_step(RFC_SECRET, code, NOON, 0)
    assert step == (step_of(NOON) + off if good else None)


def test_a_code_is_good_once_and_no_earlier_one_afterwards() -> None:
    now = step_of(NOON)
    for used, offered, good in [(now, now, False), (now, now - 1, False), (now, now + 1, True), (now - 1, now, True)]:
        assert (fitting_step(RFC_SECRET, code_of(RFC_SECRET, offered), NOON, used) is not None) is good


def test_what_an_authenticator_reads() -> None:
    secret = new_secret()
    uri = uri_of(secret, "zhang.san-1_a")
    parsed = pyotp.parse_uri(uri)
    assert isinstance(parsed, pyotp.TOTP)
    assert (parsed.secret, parsed.name, parsed.issuer) == (base32(secret), "zhang.san-1_a", "Xueliang")
    assert (parsed.digits, parsed.interval) == (6, 30)
    query = parse_qs(urlsplit(uri).query)
    assert query["algorithm"] == ["SHA1"]
    assert unquote(urlsplit(uri).path) == "/Xueliang:zhang.san-1_a"


def test_secrets_and_recovery_codes_are_fresh_and_long() -> None:
    assert len({new_secret() for _ in range(50)}) == 50
    codes = [code for _ in range(20) for code in new_recovery_codes()]
    assert len(set(codes)) == len(codes) == 20 * RECOVERY_CODES
    for code in codes:
        assert len(code.replace("-", "")) * 5 >= 80
        assert means_of(typed(code)) is Means.RECOVERY
        assert recovery_digest(code) == recovery_digest(code.lower().replace("-", " "))
    assert len({recovery_digest(code) for code in codes}) == len(codes)


@pytest.mark.parametrize(
    "code", ["", "12345", "1234567", "12345a", "１２３４５６", "ABCD-EFGH", "x" * 16 + "é", "½" * 6]
)
def test_what_is_no_code(code: str) -> None:
    assert means_of(typed(code)) is None
