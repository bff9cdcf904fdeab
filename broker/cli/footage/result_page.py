"""A delivered result as a person reads it: the file, its digest, what was asked and what came."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from broker.cli import screen
from broker.cli.environment import zone
from broker.cli.instants import shown, shown_span

SUFFIXES = {"image/jpeg": ".jpg", "image/png": ".png", "video/mp4": ".mp4"}
_UNSAFE = re.compile(r"[^\w.+-]+")
_LONGEST = 80

Record = Mapping[str, Any]


def file_name(retrieval: Record) -> str:
    """Return a name for the file: the camera's code or name, and the city's time with its offset."""
    asked, camera = retrieval["asked"], retrieval["camera"]
    begin = asked["span"]["begin"] if asked["span"] else asked["instant"]
    stamp = datetime.fromisoformat(begin).astimezone(zone()).strftime("%Y%m%dT%H%M%S%z")
    name = _UNSAFE.sub("_", camera["gb_code"] or camera["name"] or camera["id"])[:_LONGEST].strip("._") or "camera"
    return f"{name}-{stamp}{SUFFIXES.get(retrieval['result']['items'][0]['media_type'], '')}"


def show_result(retrieval: Record, files: Sequence[Path], *, as_json: bool) -> None:
    """Print what was delivered."""
    if as_json:
        screen.document({**retrieval, "files": [str(file) for file in files]})
    else:
        for number in range(len(files)):
            screen.fields(result_fields(retrieval, files, number), as_json=False)


def result_fields(retrieval: Record, files: Sequence[Path], number: int = 0) -> dict[str, object]:
    """Return what is worth telling of one file of a result, counted from nought."""
    result, asked, item = retrieval["result"], retrieval["asked"], retrieval["result"]["items"][number]
    told: dict[str, object] = {
        "file": files[number],
        "digest": item["digest"],
        "size": item["size"],
        "asked": shown_span(**asked["span"]) if asked["span"] else shown(asked["instant"]),
        "obtained": [shown_span(span["begin"], span["end"]) for span in item["obtained"]],
        "first": shown(item["first"]),
    }
    if asked["span"]:
        told |= {"last": shown(item["last"]), "frames": item["frames"]}
        told["missing"] = [f"{shown_span(it['begin'], it['end'])} {it['detail']}" for it in result["missing"]]
    if result["clock_ahead"]:
        told["clock_ahead"] = f"{result['clock_ahead']:+.3f}"
    told["codec"] = f"{item['codec']} {item['width']}x{item['height']}"
    if item["notes"]:
        told["notes"] = [note["detail"] for note in item["notes"]]
    return told | {"id": retrieval["id"]}
