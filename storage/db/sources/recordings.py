"""What sources said is recorded: kept per camera and span, so that a source is not asked the same thing again."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, and_, delete, insert, or_, select

from broker.domain.catalog.catalog import Camera
from broker.domain.ids import CameraId, SourceId
from broker.domain.sources.recordings import Answer
from broker.domain.time import TimeSpan
from storage.db.requests.request_rows import AnyRow
from storage.db.tables import recording_answer

MOST_ANSWERS = 20_000


class RecordingRepository:
    """Answers of sources; one that was given for another source or channel than the camera has now is not found."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def about(self, cameras: Iterable[Camera], spans: Mapping[CameraId, TimeSpan]) -> dict[CameraId, list[Answer]]:
        """Return for each camera what was said about its span or a part of it, the newest answer first."""
        bound = [camera for camera in cameras if camera.id in spans and camera.source_id is not None]
        if not bound:
            return {}
        wanted = or_(
            *(
                and_(
                    recording_answer.c.camera_id == camera.id,
                    recording_answer.c.source_id == camera.source_id,
                    recording_answer.c.channel == camera.channel,
                    recording_answer.c.span_end > spans[camera.id].begin,
                    recording_answer.c.span_begin < spans[camera.id].end,
                )
                for camera in bound
            )
        )
        rows = select(recording_answer).where(wanted).order_by(recording_answer.c.id.desc()).limit(MOST_ANSWERS)
        found: dict[CameraId, list[Answer]] = defaultdict(list)
        for row in self._connection.execute(rows):
            found[row.camera_id].append(_answer(row))
        return found

    def keep(self, answers: Sequence[tuple[Camera, Answer]]) -> None:
        """Keep answers in place of older ones about no more than the same span; cameras without a source have none."""
        told = [(camera, answer) for camera, answer in answers if camera.source_id is not None]
        if not told:
            return
        replaced = or_(
            *(
                and_(
                    recording_answer.c.camera_id == camera.id,
                    recording_answer.c.span_begin >= answer.span.begin,
                    recording_answer.c.span_end <= answer.span.end,
                    recording_answer.c.asked_at <= answer.at,
                )
                for camera, answer in told
            )
        )
        self._connection.execute(delete(recording_answer).where(replaced))
        rows = [
            {
                "camera_id": camera.id, "source_id": camera.source_id, "channel": camera.channel,
                "span_begin": answer.span.begin, "span_end": answer.span.end,
                "begins": [span.begin for span in answer.recorded], "ends": [span.end for span in answer.recorded],
                "asked_at": answer.at,
            }
            for camera, answer in told
        ]  # fmt: skip
        self._connection.execute(insert(recording_answer), rows)

    def forget_source(self, key: SourceId) -> None:
        """Drop all that one source said: it is reached in another way from now on."""
        self._connection.execute(delete(recording_answer).where(recording_answer.c.source_id == key))

    def forget(self, before: datetime) -> int:
        """Drop answers that were given before an instant; returns how many."""
        return self._connection.execute(delete(recording_answer).where(recording_answer.c.asked_at < before)).rowcount


def _answer(row: AnyRow) -> Answer:
    recorded = tuple(TimeSpan(begin, end) for begin, end in zip(row.begins, row.ends, strict=True))
    return Answer(TimeSpan(row.span_begin, row.span_end), recorded, row.asked_at)
