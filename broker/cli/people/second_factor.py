"""`xueliang second-factor`: the own authenticator and recovery codes."""

import sys
from collections.abc import Mapping
from typing import Any

import segno

from broker.cli import screen
from broker.cli.client.credentials import signed_in
from broker.cli.codes import Code, known_code
from broker.cli.grammar import Json, Noun
from broker.cli.passwords import FromInput, known_password

app = Noun()


@app.verb("enrol")
def enrol(*, stdin: FromInput = False, as_json: Json = False) -> None:
    """Give the authenticator a secret: as a QR code, and as text for who cannot scan it."""
    password = known_password(stdin=stdin)
    with signed_in() as server:
        told = server.post("/me/second-factor", {"password": password.get()})
    screen.fields(told, as_json=as_json)
    if not as_json:
        draw(told["uri"])
        screen.note("second-factor.begun")


@app.verb("confirm")
def confirm(*, code: Code = None, as_json: Json = False) -> None:
    """Confirm the enrolment with a code."""
    given = known_code(code)
    with signed_in() as server:
        told = server.post("/me/second-factor/confirm", {"code": given})
    _show_codes(told, as_json=as_json)


@app.verb("codes")
def renew(*, code: Code = None, as_json: Json = False) -> None:
    """Replace the recovery codes."""
    given = known_code(code)
    with signed_in() as server:
        server.post("/me/step-up", {"code": given})
        told = server.post("/me/second-factor/recovery-codes")
    _show_codes(told, as_json=as_json)


@app.verb("remove")
def remove(*, code: Code = None) -> None:
    """Do without a second factor."""
    given = known_code(code)
    with signed_in() as server:
        server.post("/me/step-up", {"code": given})
        server.delete("/me/second-factor")
    screen.note("second-factor.removed")


def draw(uri: str) -> None:
    """Print the QR code in half blocks: light on dark, as terminals are."""
    segno.make_qr(uri, error="l").terminal(sys.stdout, compact=True)


def _show_codes(told: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        screen.document(told)
        return
    for code in told["recovery_codes"]:
        screen.plain(code)
    screen.note("second-factor.codes")
