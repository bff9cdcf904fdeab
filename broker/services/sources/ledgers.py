"""Lines of the coverage ledger: what the cache, the log of health and the catalogue say together."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from broker.domain.catalog.catalog import Camera, Source
from broker.domain.errors import Conflict, SourceFault
from broker.domain.ids import CameraId, SourceId
from broker.domain.requests.coverage import LOOKED_BACK, Missing, explained, ledger, oldest_kept
from broker.domain.sources.recordings import Answer, Knowledge, put_together
from broker.domain.time import TimeSpan
from broker.services.sources.recorded import Recorded
from storage.db.unit_of_work import UnitOfWork

Lines = Sequence[tuple[CameraId, TimeSpan]]

SAVED_DAYS = frozenset({"recordsavedays", "record_save_days", "录像保存天数", "保存天数"})
"""How lists of points call the days that recordings are kept (RecordSaveDays of GB/T 28181-2022)."""

MOST_DAYS = 3660


@dataclass(frozen=True)
class Background:
    """What is known about cameras and their sources besides what is asked; looked up once for many lines."""

    now: datetime
    cameras: Mapping[CameraId, Camera]
    sources: Mapping[SourceId, Source]
    offline: Mapping[SourceId, tuple[TimeSpan, ...]]
    answers: Mapping[CameraId, Sequence[Answer]]

    def known(self, camera: CameraId, span: TimeSpan) -> Knowledge:
        return put_together(span, self.answers.get(camera, ()))

    def away(self, key: CameraId) -> tuple[TimeSpan, ...]:
        source = self.cameras[key].source_id
        return () if source is None else self.offline.get(source, ())

    def kept_since(self, key: CameraId, begin: datetime) -> datetime | None:
        """Return from when on the camera's recordings are kept, by what was said about it or what was seen of it."""
        camera = self.cameras[key]
        days = _saved_days(camera) or (self.sources[camera.source_id].keeps_days if camera.source_id else None)
        declared = None if days is None else self.now - timedelta(days=days)
        everything = self.known(key, TimeSpan(min(begin, self.now) - 2 * LOOKED_BACK, self.now))
        found = oldest_kept(everything.known, everything.recorded)
        return max((each for each in (declared, found) if each is not None), default=None)

    def balanced(self, line: Recorded) -> Recorded:
        """Return a line with its balance, where it is known what is recorded."""
        if line.spans is None:
            return line
        since = self.kept_since(line.camera, line.asked.begin)
        return replace(line, coverage=ledger(line.asked, line.spans, offline=self.away(line.camera), kept_since=since))


def background(work: UnitOfWork, lines: Lines, cameras: Mapping[CameraId, Camera]) -> Background:
    """Look up what the balance of these lines needs, in one question a table."""
    sources = work.sources.load_many({camera.source_id for camera in cameras.values() if camera.source_id})
    spans = {key: _hull(span for camera, span in lines if camera == key) for key in {key for key, _ in lines}}
    bound = [camera for camera in cameras.values() if camera.id in spans]
    of_source = {
        key: _hull(spans[camera.id] for camera in bound if camera.source_id == key)
        for key in {camera.source_id for camera in bound if camera.source_id is not None}
    }
    # What is the oldest that is kept shows in what was asked before and after the lines themselves.
    wide = {key: TimeSpan(span.begin - 2 * LOOKED_BACK, max(span.end, work.now)) for key, span in spans.items()}
    return Background(
        now=work.now,
        cameras=cameras,
        sources=sources,
        offline=work.source_health.offline_during(of_source),
        answers=work.recordings.about(bound, wide),
    )


def remembered(known: Background, lines: Lines) -> list[Recorded]:
    """Return what is known about lines without asking anybody; what was not asked in whole is not known."""
    found = []
    for key, span in lines:
        camera = known.cameras[key]
        if camera.source_id is None or camera.channel is None:
            found.append(Recorded(key, span, None, Conflict("camera-without-source", camera=camera.name)))
            continue
        knowledge = known.known(key, span)
        if knowledge.tells(span):
            found.append(known.balanced(Recorded(key, span, knowledge.recorded, at=knowledge.at)))
        else:
            found.append(Recorded(key, span, None, SourceFault("coverage-unknown")))
    return found


def explain(work: UnitOfWork, camera: Camera, span: TimeSpan, missing: Collection[Missing]) -> tuple[Missing, ...]:
    """Say more about what a source did not give: whether it was away then, or keeps nothing so old any more."""
    if not missing:
        return ()
    known = background(work, [(camera.id, span)], {camera.id: camera})
    return explained(missing, known.away(camera.id), known.kept_since(camera.id, span.begin))


def _saved_days(camera: Camera) -> int | None:
    told = next((value for name, value in camera.extra.items() if name.strip().lower() in SAVED_DAYS), None)
    text = str(told).strip()
    days = int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(MOST_DAYS)) else 0
    return days if 0 < days <= MOST_DAYS else None


def _hull(spans: Iterable[TimeSpan]) -> TimeSpan:
    listed = list(spans)
    return TimeSpan(min(it.begin for it in listed), max(it.end for it in listed))
