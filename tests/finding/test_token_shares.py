"""What is known of how frequent words are decides how they are looked for, never what is found."""

import psycopg
import pytest

from broker.bootstrap import Broker
from broker.domain.catalog.finding import Question
from broker.services.catalog.finding import Wanted
from storage.db.catalog import finding, token_shares
from storage.db.catalog.finding_terms import looked_up
from storage.db.catalog.token_shares import TokenShares
from tests.finding.test_finding import ME, QUESTIONS, everything, plainly

TEXTS = [*(question for question in QUESTIONS if question.text), Question(text="人民路 公园"), Question(text="中山巷")]


@pytest.fixture(autouse=True)
def _nothing_is_remembered() -> None:
    token_shares._kept.clear()


def counted(broker: Broker) -> TokenShares:
    """Let the database look over the points, and return what it has found."""
    with psycopg.connect(broker.database_url, autocommit=True) as connection:
        connection.execute("ANALYZE camera")
    with broker.work() as work:
        return work.finding._shares


@pytest.mark.usefixtures("points")
@pytest.mark.parametrize("looked", [True, False])
@pytest.mark.parametrize(("few", "walk", "window"), [(1_000, 1_000, 30_000), (0, 20, 60), (5, 40, 25)])
def test_every_way_finds_the_same(
    broker: Broker, monkeypatch: pytest.MonkeyPatch, looked: bool, few: int, walk: int, window: int
) -> None:
    for name, value in (("FEW", few), ("SHORT_WALK", walk), ("WINDOW", window)):
        monkeypatch.setattr(finding, name, value)
    if looked:
        counted(broker)
    else:
        monkeypatch.setattr(token_shares, "_read", lambda _: TokenShares())
    whole = everything(broker, ME, Wanted(Question()))
    for question in TEXTS:
        for step in (7, 60):
            found = everything(broker, ME, Wanted(question), step)
            assert {one.id for one in found} == plainly(whole, question), (question, step)
            assert [one.id for one in found] == sorted(one.id for one in found)


@pytest.mark.usefixtures("points")
def test_the_database_tells_how_frequent_a_token_is(broker: Broker) -> None:
    shares = counted(broker)
    assert shares.points > 400
    tokens = looked_up(Question(text="人民"))
    whole = everything(broker, ME, Wanted(Question()))
    with_it = len(plainly(whole, Question(text="人民"))) / len(whole)
    assert shares.most(tokens) == pytest.approx(with_it, rel=0.05)
    assert shares.most(looked_up(Question(text="龘龘"))) == shares.least < 0.2


def test_the_rarest_word_says_how_many_there_can_be() -> None:
    shares = TokenShares(1_000, {"A": 0.5, "B": 0.02, "C": 0.1}, 0.001)
    assert shares.most([[["A", "B"]], [["C"]]]) == 0.02
    assert shares.most([[["A"], ["C"]]]) == 0.6  # a part of a code begins at any figure
    assert shares.most([[["A", "Z"]]]) == 0.001
    assert shares.most([]) == 1.0
    assert shares.rarest(["A", "B", "C", "Z"]) == ["Z", "B"]
    assert TokenShares().most([[["A"]]]) == 1.0
    assert TokenShares().rarest(["A", "B", "C"]) == ["A", "B", "C"]
