"""Acts one to four: a database, a city with its people, recordings, and a catalogue."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from broker.bootstrap import Broker
from broker.cli.demo.stage import Stage
from broker.cli.demo.workplace import Workplace
from broker.cli.instants import shown_span
from broker.cli.progress import ProgressBar
from broker.cli.texts import tell
from broker.demo import city
from broker.demo import footage as recordings
from broker.demo.footage import Footage
from broker.demo.people import PEOPLE
from broker.demo.points import DemoPoint
from broker.domain.people.accounts import Caller
from storage.db import schema


@dataclass(frozen=True)
class Wishes:
    """What the person wants of the demonstration; `own` is what a folder of own video files holds."""

    minutes: int
    points: int
    own: Footage | None = None


def tell_database(stage: Stage, broker: Broker) -> None:
    """Say which database runs."""
    stage.narrate(
        "database", path=broker.settings.data / "postgres", revision=schema.status(broker.database_url).current
    )


def found_city(stage: Stage, broker: Broker, me: Caller, place: Workplace) -> dict[str, str]:
    """Found the city and print who lives in it; returns the passwords by login."""
    stage.step("city")
    count = city.found_departments(broker, me)
    passwords = city.settle_people(broker, me)
    stage.narrate("city", departments=count, people=len(PEOPLE))
    names = {department.code: department.name for department in broker.accounts.departments(me, after="", limit=100)}
    lines = [
        f"{person.login:8} {passwords[person.login]}  {person.name} {names[person.department]} "
        f"{tell(f'role.{person.role}')}"
        for person in PEOPLE
    ]
    for line in lines:
        stage.show(line)
    place.keep_passwords(lines)
    return passwords


def record(stage: Stage, wishes: Wishes, place: Workplace, stock: city.Stock) -> Footage:
    """Take the person's own recordings, those of an earlier run, or make new ones."""
    stage.step("footage")
    if wishes.own is not None:
        found = wishes.own
        stage.narrate("footage-own", folder=found.options["folder"])
    else:
        now = datetime.now(UTC)
        kept = recordings.kept(place.footage, stock.names, wishes.minutes, now)
        found = kept or _make(place.footage, stock.names, wishes.minutes, now)
        stage.narrate("footage-kept" if kept else "footage-made", folder=place.footage)
    for channel in found.channels:
        stage.show(f"{channel.name}: {', '.join(shown_span(span.begin, span.end) for span in channel.spans[-3:])}")
    return found


def _make(folder: Path, names: dict[str, str], minutes: int, now: datetime) -> Footage:
    with ProgressBar(tell("demo.recording")) as bar:
        return recordings.make(folder, names, minutes, now, bar.reach)


def fill_catalogue(
    stage: Stage, broker: Broker, me: Caller, points: list[DemoPoint], stock: city.Stock, footage: Footage
) -> None:
    """Import the lists of all departments and bind the cameras of the story."""
    stage.step("catalogue")
    reports = city.import_points(broker, me, points)
    for owner, report in reports.items():
        stage.show(f"{owner}: {report.balance}")
    inserted = sum(report.inserted for report in reports.values())
    stage.promise(inserted == len(points), "points-lost", wanted=len(points), found=inserted)
    city.attach(broker, me, stock, footage)
    stage.narrate("catalogue", points=inserted, source=city.SOURCE)
    for point, channel in zip(stock.points, footage.channels, strict=True):
        stage.show(f"{channel.name} = {point.gb_code} {point.name}")
