"""What crosses the pipe between the gateway and its child: one job going in, lines of JSON coming out."""

import json
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, TypeAdapter

from adapters.base import Capability
from adapters.errors import AdapterBroken, AdapterError, shipped
from broker.domain.footage.media import ClipAsk, Fetched, Kept, Point, Probe, SnapshotAsk
from broker.domain.sources.point_looks import Look, LookAsk
from broker.domain.time import TimeSpan

# The folder in the child's working directory that holds what was fetched.
RESULTS = "results"

Call = Capability | Literal["keep", "look"]
"""What a child is to do; to keep originals is nothing that is asked of a source, it goes with clips, and a look at
channels is made of questions that are."""


class Job(BaseModel):
    """One errand for a child: which adapter, how configured, what to do and within how much memory."""

    adapter: str
    options: dict[str, Any]
    call: Call
    ask: SnapshotAsk | ClipAsk | None = None
    looks: tuple[LookAsk, ...] = ()
    memory_bytes: int
    parent: int
    turns: tuple[str, ...] = ()
    face_model: str = ""


class Message(BaseModel):
    """One line from the child; exactly one field is set, and the last line is not about progress."""

    progress: float | None = None
    alive: bool | None = None
    result: Any = None
    error: dict[str, Any] | None = None
    ended_by: str | None = None
    exit_code: int | None = None


ANSWERS: Mapping[Call, TypeAdapter[Any]] = {
    Capability.PROBE: TypeAdapter(Probe),
    Capability.POINTS: TypeAdapter(tuple[Point, ...]),
    Capability.COVERAGE: TypeAdapter(tuple[TimeSpan, ...]),
    Capability.SNAPSHOT: TypeAdapter(Fetched),
    Capability.CLIP: TypeAdapter(Fetched),
    "keep": TypeAdapter(Kept),
    "look": TypeAdapter(tuple[Look, ...]),
}


def told(error: AdapterError, adapter: str) -> dict[str, Any]:
    """Return the error as JSON values: as the nearest class that has a sentence."""
    kinds = (kind for kind in type(error).__mro__ if shipped().get(getattr(kind, "SLUG", "")) is kind)
    kind = next(kinds, None)
    if kind is None:
        return told(AdapterBroken(adapter=adapter, problem=type(error).__name__), adapter)
    facts = {name: value for name, value in error.facts.items() if name in kind.FACTS}
    # Facts are made into plain values here; a door would only format them anyway.
    plain = json.loads(json.dumps(facts, default=str))
    return {"slug": kind.SLUG, "pointer": error.pointer, "facts": plain}


def heard(message: Mapping[str, Any]) -> AdapterError:
    """Return the error that the child told."""
    return shipped()[message["slug"]](pointer=message["pointer"], **message["facts"])
