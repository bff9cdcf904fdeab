"""The adapter for recorded files that the program itself keeps: sealed copies that were opened, originals just fetched.

It goes through the same media functions in the same sandbox as every source. Nobody can choose it for a source.
"""

import os
from collections.abc import Iterable
from datetime import datetime
from functools import partial
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from adapters.base import Progress, SourceAdapter
from adapters.errors import RecordingVanished
from adapters.media import SEAM, Stretch
from broker.domain.footage.media import Probe
from broker.domain.time import TimeSpan, merge


class KeptOption(BaseModel):
    """One file: where it lies, what it was called at its source, when its time nought was, what part it is to serve."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: Path
    name: str
    origin: datetime
    begin: datetime
    end: datetime

    @property
    def span(self) -> TimeSpan:
        return TimeSpan(self.begin, self.end)


class KeptAdapter(SourceAdapter):
    """Given local files of one channel, in order of time."""

    name = "kept"
    near = True

    class Options(SourceAdapter.Options):
        """The files; their spans are disjoint."""

        files: tuple[KeptOption, ...]

    options: Options

    def _probe(self) -> Probe:
        return Probe(ok=True, detail=f"files={len(self.options.files)}", points=1)

    def _coverage(self, channel: str, span: TimeSpan) -> Iterable[TimeSpan]:  # noqa: ARG002 - a hook's signature
        return merge((it.span for it in self.options.files), SEAM)

    def _footage(self, channel: str, span: TimeSpan, room: Path, progress: Progress) -> Iterable[Stretch]:  # noqa: ARG002 - a hook's signature
        for it in self.options.files:
            if own := it.span.overlap(span):
                yield Stretch(it.name, it.origin, own, partial(_opened, it))


def _opened(it: KeptOption) -> int:
    try:
        return os.open(it.file, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        raise RecordingVanished(file=it.name) from None
