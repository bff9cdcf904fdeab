"""How frequent the tokens of text search are, as the database found when it last looked over the points.

Kept in memory for some minutes: a search that knows how many points its words will bring is told how to walk, and
leaves out the tokens that nearly every point has. What is wrong here costs time, never an answer.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine

KEPT = 300.0
"""Seconds for which shares are taken for the truth."""
ENOUGH = 2
"""Tokens of a word that are looked up: the third takes as long to look up as to look at what it would leave out."""

Lists = Sequence[Sequence[str]]
"""What a word may be found by: all tokens of one of the lists."""


@dataclass(frozen=True)
class TokenShares:
    """The share of points that has a token; of a token that is not among them no more than `least`."""

    points: float = 0.0
    shares: Mapping[str, float] = field(default_factory=dict)
    least: float = 1.0

    def of(self, token: str) -> float:
        return self.shares.get(token, self.least)

    def most(self, words: Sequence[Lists]) -> float:
        """Return the share of points that have all words, at most; 1.0 where nothing is known."""
        return min((sum(min(map(self.of, tokens)) for tokens in lists) for lists in words), default=1.0)

    def rarest(self, tokens: Sequence[str]) -> list[str]:
        """Return the tokens that are worth looking up."""
        return sorted(tokens, key=self.of)[:ENOUGH] if self.shares else list(tokens)


_kept: WeakKeyDictionary[Engine, tuple[float, TokenShares]] = WeakKeyDictionary()


def token_shares(connection: Connection) -> TokenShares:
    """Return the shares that this process knows, or ask for them."""
    known = _kept.get(connection.engine)
    if known is None or time.monotonic() - known[0] > KEPT:
        known = time.monotonic(), _read(connection)
        _kept[connection.engine] = known
    return known[1]


def _read(connection: Connection) -> TokenShares:
    points, tokens, shares = connection.exec_driver_sql("SELECT points, tokens, shares FROM token_shares()").one()
    if not tokens or points <= 0:
        return TokenShares()
    return TokenShares(points, dict(zip(tokens, shares[: len(tokens)], strict=True)), shares[len(tokens)])
