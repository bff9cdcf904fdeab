"""A delivered result as a person reads it: the file, its digest, what was asked and what came."""

import re
from collections.abc import Mapping
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
    return f"{name}-{stamp}{SUFFIXES.get(retrieval['result']['media_type'], '')}"


def show_result(retrieval: Record, file: Path, *, as_json: bool) -> None:
    """Print what was delivered."""
    if as_json:
        screen.document({**retrieval, "file": str(file)})
    else:
        screen.fields(result_fields(retrieval, file), as_json=False)


def result_fields(retrieval: Record, file: Path) -> dict[str, object]:
    """Return what is worth telling of a result."""
    result, asked = retrieval["result"], retrieval["asked"]
    told: dict[str, object] = {
        "file": file,
        "digest": result["digest"],
        "size": result["size"],
        "asked": shown_span(**asked["span"]) if asked["span"] else shown(asked["instant"]),
        "obtained": [shown_span(span["begin"], span["end"]) for span in result["obtained"]],
        "first": shown(result["first"]),
    }
    if asked["span"]:
        told |= {"last": shown(result["last"]), "frames": result["frames"]}
        told["missing"] = [shown_span(span["begin"], span["end"]) for span in result["missing"]]
    return told | {"codec": f"{result['codec']} {result['width']}x{result['height']}", "id": retrieval["id"]}
