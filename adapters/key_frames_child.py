"""The child of `adapters.key_frames`: `python -m adapters.key_frames_child`, confined as the child of a fetch is."""

from collections.abc import Callable
from pathlib import Path

from adapters.errors import AdapterError
from adapters.key_frames import SHOTS, FramesJob, Shot
from adapters.sandbox import confined
from adapters.wire import Message, told
from adapters.wrapping import only_adapter_errors


def _taken(job: FramesJob, progress: Callable[[float], None], alive: Callable[[], None]) -> Message:  # noqa: ARG001  # there is nothing to tell
    from adapters.media.contact import Film, contact_sheet  # noqa: PLC0415  # decoders are loaded under the limits

    films = [Film(each.file, each.media_type, each.first, each.title) for each in job.films]
    try:
        with only_adapter_errors("key frames"):
            shots = contact_sheet(films, Path.cwd(), job.zone)
    except AdapterError as error:
        return Message(error=told(error, "key frames"))
    plain = tuple(Shot(each.film, each.file, each.instant) for each in shots)
    return Message(result=SHOTS.dump_python(plain, mode="json"))


if __name__ == "__main__":
    confined(FramesJob.model_validate_json, _taken)
