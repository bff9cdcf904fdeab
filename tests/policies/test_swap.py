"""The policy changes while many threads ask: each answer is that of one policy, whole, and no late one comes back."""

import sys
import threading
from collections.abc import Iterator

import pytest

from broker.domain.people.accounts import Caller, Role
from policies.authorizer import Authorizer
from policies.reading import shipped
from policies.snapshot import version_of
from policies.vocabulary import Fact

BASE = "auditor, audit, read, -, allow\n"
WIDE = BASE + "requester, camera, list, -, allow\n"
NARROW = BASE + "requester, camera, list, is_person, allow\n"
SWAPS = 60


@pytest.fixture
def busy_switching() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("busy_switching")
def test_eight_threads_ask_while_the_policy_is_swapped() -> None:
    """A permit names the policy that was asked; by that name the right answer is known."""
    right = {version_of(WIDE): True, version_of(NARROW): False}
    shared, done = Authorizer(WIDE), threading.Event()
    caller = Caller(name="asker")
    wrong: list[object] = []
    asked = [0] * 8

    def ask(place: int) -> None:
        while not done.is_set():
            try:
                held = shared.snapshot
                if held.decide({Role.REQUESTER}, "camera:list", Fact.NONE).allowed is not right[held.version]:
                    wrong.append(held.version)
                permit = shared.require(caller, "audit:read", {Role.AUDITOR})
                if (
                    permit.policy not in right
                    or not shared.decide({Role.REQUESTER}, "camera:list", Fact.IS_PERSON).allowed
                ):
                    wrong.append(permit)
                asked[place] += 1
            except Exception as error:  # noqa: BLE001  # whatever it is, it is what the test looks for
                wrong.append(error)
                return

    threads = [threading.Thread(target=ask, args=(place,)) for place in range(8)]
    for thread in threads:
        thread.start()
    epoch = 0
    while epoch < SWAPS or (min(asked) == 0 and not wrong):  # a busy machine lets some of them wait
        epoch += 1
        shared.renew(epoch, NARROW if epoch % 2 else WIDE)
    done.set()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert min(asked) > 0
    assert shared.epoch == epoch


def test_an_earlier_epoch_changes_nothing() -> None:
    shared = Authorizer(WIDE)
    shared.renew(7, NARROW)
    held = shared.snapshot
    for late in (6, 7):
        shared.renew(late, WIDE)
    assert (shared.snapshot, shared.epoch) == (held, 7)


def test_the_shipped_policy_comes_back_by_name() -> None:
    shared = Authorizer(WIDE)
    shared.renew(1, None)
    assert shared.version == version_of(shipped("baseline.csv")) == Authorizer().version


@pytest.mark.parametrize("text", ["auditor, audit, rede, -, allow", "auditor, footage, clip, -, allow", ""])
def test_what_cannot_be_followed_shuts_all_but_the_way_out(text: str, caplog: pytest.LogCaptureFixture) -> None:
    shared = Authorizer(WIDE)
    shared.renew(1, text)
    assert "cannot be followed" in caplog.text
    assert not shared.decide({Role.AUDITOR}, "audit:read").allowed
    assert not shared.decide({Role.REQUESTER}, "camera:list").allowed
    assert shared.decide({Role.OPERATOR}, "policy:reset").allowed
    assert shared.decide((), "session:open").allowed
    shared.renew(2, NARROW)
    assert shared.decide({Role.AUDITOR}, "audit:read").allowed
