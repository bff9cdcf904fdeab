"""The suite that proves what an adapter makes of the faults that sources were seen to have: repaired, or told.

    class TestMyAdapterWithFaults(FaultConformance):
        COMES = {1: Outcome.MISSING, 2: Outcome.WHOLE, 7: RecordingRefused, ...}
        CANNOT = {15: "nobody logs in at a folder", ...}

        @pytest.fixture
        def trouble(self, fault: int) -> Trouble: ...

Whatever a source does, each picture that is delivered must be one that this camera took in the span asked for, once, in
order and at its own place in time; and each that is not delivered must lie in a part that is said to be missing. The
bar codes of `adapters.media.testcard` prove it.
"""
# ruff: noqa: S101 - a suite of tests asserts

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import ClassVar

import pytest

from adapters.base import SourceAdapter
from adapters.errors import AdapterError
from adapters.media.testcard import Code, read_codes
from broker.domain.footage.media import ClipAsk, Fetched
from broker.domain.time import TimeSpan

KNOWN = {
    1: "answers with success, and shorter than asked",
    2: "recordings overlap",
    3: "begins at the key frame before",
    4: "times in whole seconds",
    5: "a file that is still written, without an end",
    6: "a gap within the span",
    7: "a recording is listed and refused",
    8: "an absurd duration",
    9: "another zone, or milliseconds for seconds",
    10: "deleted after it was listed, or broken off",
    11: "an old answer out of a cache",
    12: "a file of a header alone",
    13: "success, and nothing is there",
    14: "the file of another camera",
    15: "a page to log in instead of footage",
    16: "the login ends in the middle",
    17: "one session at a time",
    18: "of several pieces the last is missing",
    19: "a hostile path or name",
    20: "the codec changes within the span",
    21: "a channel or a recording listed twice",
}
_ROUNDING = timedelta(milliseconds=2)


class Outcome(StrEnum):
    """What may come of a fault beside an error."""

    WHOLE = "every picture is delivered"
    MISSING = "what is not delivered is said to be missing"


@dataclass(frozen=True)
class Trouble:
    """A source with one fault.

    Attributes:
        adapter: for it.
        channel: the one that is asked for.
        asked: the span.
        truth: every picture the camera took that is shown within the span, in order; those within `near` of it too.
        near: how far from its instant a picture may stand, where the source tells no better.
    """

    adapter: SourceAdapter
    channel: str
    asked: TimeSpan
    truth: Sequence[Code]
    near: timedelta = _ROUNDING

    @property
    def sure(self) -> TimeSpan:
        """The part of the span whose pictures are in it however inexact the source is."""
        edge = self.near if self.near > _ROUNDING else timedelta(0)
        return TimeSpan(self.asked.begin + edge, self.asked.end - edge)


class FaultConformance:
    """What every adapter must make of a fault; override `COMES`, `CANNOT` and `trouble`."""

    COMES: ClassVar[Mapping[int, Outcome | type[AdapterError]]]
    CANNOT: ClassVar[Mapping[int, str]]

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Run what wants a fault once for each that can come."""
        if "fault" in metafunc.fixturenames:
            names = [f"{number}-{KNOWN[number].replace(' ', '-')}" for number in self.COMES]
            metafunc.parametrize("fault", list(self.COMES), ids=names)

    @pytest.fixture
    def trouble(self, fault: int) -> Trouble:
        """Return a source that has this fault."""
        raise NotImplementedError

    def test_each_known_fault_is_done_to_it_or_cannot_come(self) -> None:
        assert sorted([*self.COMES, *self.CANNOT]) == sorted(KNOWN)
        assert all(self.CANNOT.values()), "say why"

    def test_a_fault_is_repaired_or_told(self, fault: int, trouble: Trouble, tmp_path: Path) -> None:
        expected, folder = self.COMES[fault], tmp_path / "delivered"
        folder.mkdir()
        ask = ClipAsk(trouble.channel, trouble.asked)
        if isinstance(expected, type):
            with pytest.raises(expected):
                trouble.adapter.clip(ask, folder, lambda _: None)
            assert not any(folder.iterdir()), "something half done was left"
            return
        fetched = trouble.adapter.clip(ask, folder, lambda _: None)
        shown = _shown(fetched, folder, trouble.asked.begin)
        numbers = [code.number for _, code in shown]
        assert numbers == sorted(set(numbers)), "a picture is there twice, or out of order"
        true = {code.number: code for code in trouble.truth}
        for instant, code in shown:
            assert true.get(code.number) == code, f"{code} was never taken by this camera in this span"
            assert abs(instant - code.instant) <= trouble.near, f"{code} stands at {instant}"
        due = (code for code in trouble.truth if trouble.sure.holds_instant(code.instant))
        for code in (code for code in due if code.number not in set(numbers)):
            around = TimeSpan(code.instant - trouble.near, code.instant + trouble.near)
            assert any(part.span.overlap(around) for part in fetched.missing), f"{code} is missing and nobody says so"
        assert (Outcome.MISSING if fetched.missing else Outcome.WHOLE) is expected, fetched.missing


def _shown(fetched: Fetched, folder: Path, begin: datetime) -> list[tuple[datetime, Code]]:
    """Return each delivered picture with the instant at which it stands."""
    return [
        (begin + timedelta(seconds=seconds), code)
        for piece in fetched.pieces
        for seconds, code in read_codes(folder / piece.file)
    ]
