"""Instants and lengths of time as people read them: the clock of the house, its offset told."""

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from broker.web.texts import tell

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Instants:
    """How this reader is told when; `now` is the instant of the answer."""

    zone: tzinfo
    now: datetime
    language: str

    def clock(self, at: datetime) -> str:
        """Return day and time to the second, without the offset."""
        return at.astimezone(self.zone).strftime("%Y-%m-%d %H:%M:%S")

    def clock_after(self, begin: datetime, end: datetime) -> str:
        """Return the end of a span: the day too where it is another one."""
        day, told = self.clock(begin)[:10], self.clock(end)
        return told[11:] if told.startswith(day) else told

    def offset(self, at: datetime) -> str:
        """Return the offset from UTC: +08:00."""
        written = at.astimezone(self.zone).strftime("%z")
        return f"{written[:3]}:{written[3:5]}"

    def field(self, at: datetime) -> str:
        """Return the instant as a field for day and time takes it."""
        return at.astimezone(self.zone).strftime("%Y-%m-%dT%H:%M:%S")

    def machine(self, at: datetime) -> str:
        return at.isoformat(timespec="seconds")

    def read(self, text: str) -> str:
        """Return what a field for day and time holds as the API takes it; what is no such thing stays as it is."""
        try:
            return datetime.fromisoformat(text).replace(tzinfo=self.zone).isoformat()
        except ValueError:
            return text

    def left(self, until: datetime) -> str:
        """Return how long it is until then, in its two largest units; client/src/elements/count-down.ts goes on."""
        gone = until - self.now
        if gone <= timedelta():
            return tell("time.over", self.language)
        return self.length(gone)

    def length(self, long: timedelta) -> str:
        """Return a length of time in its two largest units."""
        days, hours, minutes = long // DAY, long % DAY // HOUR, long % HOUR // MINUTE
        if days:
            parts = ((days, "day"), (hours, "hour"))
        elif hours:
            parts = ((hours, "hour"), (minutes, "minute"))
        else:
            parts = ((minutes, "minute"), (int(long.total_seconds()) % 60, "second"))
        return " ".join(f"{number} {tell(f'time.{unit}', self.language)}" for number, unit in parts)
