"""A source that is far away, as the adapter of another package would be: it counts how often footage is fetched."""

from collections.abc import Iterable
from pathlib import Path

from adapters.base import Progress
from adapters.local_files import LocalFilesAdapter
from adapters.media import Stretch
from broker.domain.time import TimeSpan


class FarAdapter(LocalFilesAdapter):
    """A folder that is said to be far away."""

    name = "far"
    near = False

    class Options(LocalFilesAdapter.Options):
        """`log` gets a line for every fetch."""

        log: Path

    options: Options

    def _footage(self, channel: str, span: TimeSpan, room: Path, progress: Progress) -> Iterable[Stretch]:
        with self.options.log.open("a") as log:
            log.write(f"{channel}\n")
        return super()._footage(channel, span, room, progress)
