"""Act five, second half: a snapshot and a clip, followed, downloaded and checked to the frame."""

from datetime import datetime, timedelta
from pathlib import Path

from adapters.media.testcard import Code, read_codes
from broker.cli.client.download import download_all
from broker.cli.client.orders import order_clip, order_snapshot, wait_for
from broker.cli.client.server import Server
from broker.cli.demo.case import Case, Record
from broker.cli.demo.players import Players
from broker.cli.demo.stage import Stage
from broker.cli.footage.result_page import file_name, result_fields
from broker.cli.instants import shown
from broker.cli.progress import ProgressBar
from broker.cli.texts import tell
from broker.demo.footage import Channel
from broker.demo.people import LOOKER
from broker.domain.time import TimeSpan


def retrieve(stage: Stage, players: Players, case: Case, results: Path) -> list[Record]:
    """Take one picture of the second camera and one minute of the first, and return both orders."""
    server = players[LOOKER]
    first, second = case.cameras[0]["id"], case.cameras[1]["id"]
    picture, file = _take(server, order_snapshot(server, second, case.plan.snapshot.isoformat()), results)
    _tell(stage, picture, file)
    _check_instant(stage, picture, case.footage.channels[1], case.plan.snapshot)
    if case.footage.coded:
        _check_picture(stage, picture, file)
    _check_between_keys(stage, case.plan.clip.begin, case.footage.channels[0])
    clip, file = _take(server, order_clip(server, first, case.plan.clip), results)
    _tell(stage, clip, file)
    if case.footage.coded:
        _check_clip(stage, file, case.plan.clip, case.footage.channels[0])
    return [picture, clip]


def _take(server: Server, ordered: Record, results: Path) -> tuple[Record, Path]:
    """Wait for an order and bring its result; the download itself compares the digest."""
    ready = wait_for(server, ordered)
    with ProgressBar(tell("retrieve.download")) as bar:
        (file,) = download_all(server, ready, results / file_name(ready), told=bar.reach)
        return ready, file


def _tell(stage: Stage, retrieval: Record, file: Path) -> None:
    stage.narrate(f"{retrieval['action']}-taken", camera=retrieval["camera"]["name"])
    for name, value in result_fields(retrieval, [file]).items():
        if name in {"file", "digest", "size", "asked", "obtained", "first", "last", "frames"}:
            told = ", ".join(value) if isinstance(value, list) else value
            stage.show(f"{tell(f'column.{name}')}: {told}")


def _check_instant(stage: Stage, picture: Record, channel: Channel, asked: datetime) -> None:
    """The picture must be the one that was on the screen: not newer than asked, not older than one frame."""
    first = datetime.fromisoformat(picture["result"]["items"][0]["first"])
    oldest = asked - (channel.step or timedelta(seconds=10))
    stage.promise(oldest < first <= asked, "wrong-picture", asked=shown(asked), found=shown(first))


def _check_between_keys(stage: Stage, begin: datetime, channel: Channel) -> None:
    """The clip must not begin where cutting is easy; files begin with a key frame, and so does the recording."""
    if channel.key is not None:
        stage.promise((begin - channel.spans[0].begin) % channel.key, "easy-cut", begin=shown(begin))
        stage.narrate("between-keys", seconds=channel.key.total_seconds(), begin=shown(begin))


def _check_picture(stage: Stage, picture: Record, file: Path) -> None:
    """The bar code in the picture must name the instant that the server says it is of."""
    ((_, code),) = read_codes(file)
    found = datetime.fromisoformat(picture["result"]["items"][0]["first"])
    stage.promise(code.instant == found, "wrong-picture", asked=shown(found), found=shown(code.instant))
    stage.narrate("picture-checked", number=code.number, instant=shown(code.instant))


def _check_clip(stage: Stage, file: Path, asked: TimeSpan, channel: Channel) -> None:
    """The bar codes must name every frame of the span, none before it, none after it, none left out."""
    codes = [code for _, code in read_codes(file)]
    step = channel.step or timedelta(seconds=1)
    stage.promise(_within(codes, asked), "frames-outside", first=shown(codes[0].instant), last=shown(codes[-1].instant))
    numbers = [code.number for code in codes]
    whole = list(range(numbers[0], numbers[0] + len(numbers)))
    stage.promise(numbers == whole, "frames-lost", frames=len(numbers))
    early, late = codes[0].instant - asked.begin, asked.end - codes[-1].instant
    stage.promise(early < step and late <= step, "frames-missing", first=shown(codes[0].instant))
    stage.narrate("clip-checked", frames=len(codes), first=shown(codes[0].instant), last=shown(codes[-1].instant))


def _within(codes: list[Code], asked: TimeSpan) -> bool:
    return all(asked.holds_instant(code.instant) for code in codes)
