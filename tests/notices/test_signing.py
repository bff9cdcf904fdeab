"""The signature after Standard Webhooks, against an implementation that is not ours, and what a receiver refuses."""

import base64
import time
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook as Oracle
from standardwebhooks import WebhookVerificationError

from broker.domain.notices.standard_webhooks import TOLERANCE, WebhookRefused, new_secret, shown, sign, verify
from tests.architecture.sources import ROOT
from tests.docs.pages import read

KEY = new_secret()
NOW = int(time.time())
BODY = '{"type":"item.waiting","data":{"汉":"字"}}'.encode()


def test_the_oracle_signs_and_verifies_the_same() -> None:
    now = int(time.time())  # the oracle compares with the clock itself
    headers = sign(KEY, "msg_1", now, BODY)
    oracle = Oracle(shown(KEY))
    assert oracle.verify(BODY, headers)
    assert headers["webhook-signature"] == oracle.sign("msg_1", datetime.fromtimestamp(now, UTC), BODY.decode())
    assert verify(shown(KEY), headers, BODY, now) == "msg_1"


def test_what_a_receiver_refuses() -> None:
    good = sign(KEY, "msg_1", NOW, BODY)
    bad = {
        "another id": ({**good, "webhook-id": "msg_2"}, BODY, NOW),
        "another time": ({**good, "webhook-timestamp": str(NOW + 1)}, BODY, NOW),
        "another body": (good, BODY + b" ", NOW),
        "another key": (sign(new_secret(), "msg_1", NOW, BODY), BODY, NOW),
        "replayed later": (good, BODY, NOW + TOLERANCE + 1),
        "from the future": (good, BODY, NOW - TOLERANCE - 1),
        "no id": ({name: value for name, value in good.items() if name != "webhook-id"}, BODY, NOW),
        "no number": ({**good, "webhook-timestamp": "now"}, BODY, NOW),
        "no version": ({**good, "webhook-signature": good["webhook-signature"].removeprefix("v1,")}, BODY, NOW),
        "empty": ({**good, "webhook-signature": ""}, BODY, NOW),
        "not ASCII": ({**good, "webhook-signature": "v1,汉"}, BODY, NOW),
    }
    for name, (headers, body, now) in bad.items():
        with pytest.raises(WebhookRefused):
            verify(shown(KEY), headers, body, now)
        if name not in {"replayed later", "from the future", "not ASCII"}:
            with pytest.raises((WebhookVerificationError, ValueError, IndexError)):
                Oracle(shown(KEY)).verify(body, headers)


def test_several_signatures_while_a_key_is_changed() -> None:
    good, other = sign(KEY, "msg_1", NOW, BODY), sign(new_secret(), "msg_1", NOW, BODY)
    both = {**good, "webhook-signature": f"{other['webhook-signature']} {good['webhook-signature']}"}
    assert verify(shown(KEY), both, BODY, NOW) == "msg_1"


def test_the_secret_has_the_form_of_the_standard() -> None:
    secret = shown(KEY)
    assert secret.startswith("whsec_")
    assert 24 <= len(base64.b64decode(secret.removeprefix("whsec_"))) <= 64
    assert new_secret() != new_secret()


def test_the_receiver_of_the_documentation_works() -> None:
    """The program that docs/notifications.md gives to receivers, run as it stands there."""
    page = read(ROOT / "docs" / "notifications.md")
    program = page.partition("```python\n")[2].partition("```")[0]
    place: dict[str, object] = {}
    exec(program, place)  # noqa: S102  # our own page
    accept = place["accept"]
    assert callable(accept)
    headers = sign(KEY, "msg_1", int(time.time()), BODY)
    assert accept(shown(KEY), headers, BODY)
    assert not accept(shown(KEY), headers, BODY), "the same call again is not carried out twice"
    for other in (sign(KEY, "msg_2", NOW - 1000, BODY), {**sign(KEY, "msg_3", NOW, BODY), "webhook-id": "msg_4"}):
        with pytest.raises(ValueError, match=r"old|signature"):
            accept(shown(KEY), other, BODY)
