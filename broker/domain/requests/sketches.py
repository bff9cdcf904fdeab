"""A request as far as its requester has written it: text as it was typed, right or wrong, and the points picked.

A sketch is no part of the request, and its trace does not tell of it: it becomes the form when it is handed over.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from broker.domain.errors import Invalid
from broker.domain.ids import CameraId, RequestId
from broker.domain.requests.access_requests import AccessRequest

MOST_PICKS = 500
"""The most that any rulebook lets a request ask for."""
MOST_SPANS = 20
LONGEST_TYPED = 8000
MOST_TYPED = 200

Typed = tuple[str, str]
"""Begin and end of a span: an instant with its offset, or whatever was typed instead."""


@dataclass(frozen=True)
class Pick:
    """One point that was picked; without spans of its own it is asked for the span of all."""

    camera: CameraId
    spans: tuple[Typed, ...] = ()


@dataclass(frozen=True)
class Sketch:
    """What was written so far about the version `base` of a request; `picks` by the ids of their points."""

    request: RequestId
    base: int
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    picks: tuple[Pick, ...] = ()

    @property
    def cameras(self) -> frozenset[CameraId]:
        return frozenset(pick.camera for pick in self.picks)

    def one(self, name: str) -> str:
        """Return the first value of a field; nothing where nothing was typed."""
        return next(iter(self.fields.get(name, ())), "")

    def all(self, name: str) -> tuple[str, ...]:
        return self.fields.get(name, ())

    def typed(self, fields: Mapping[str, tuple[str, ...]]) -> Self:
        """Return the sketch with these fields instead of those of the same names.

        Raises:
            Invalid: more was typed than anybody keeps.
        """
        for name, values in fields.items():
            if len(values) > MOST_TYPED or sum(map(len, values)) > LONGEST_TYPED:
                raise Invalid("text-too-long", pointer=f"/{name}", most=LONGEST_TYPED)
        return replace(self, fields={**self.fields, **fields})

    def picked(self, cameras: Iterable[CameraId], most: int) -> Self:
        """Return the sketch with these points too; what was picked while the rules let it be more may stay.

        Raises:
            Invalid: there would be more than `most`.
        """
        known = self.cameras
        picks = [*self.picks, *(Pick(camera) for camera in set(cameras) - known)]
        if len(picks) > max(most, len(self.picks)):
            raise Invalid("too-many-picked", pointer="/lines", given=len(picks), most=most)
        return replace(self, picks=tuple(sorted(picks, key=lambda it: it.camera)))

    def dropped(self, cameras: Collection[CameraId]) -> Self:
        """Return the sketch without these points."""
        return replace(self, picks=tuple(pick for pick in self.picks if pick.camera not in cameras))

    def timed(self, spans: Mapping[CameraId, tuple[Typed, ...]]) -> Self:
        """Return the sketch with these spans of points that are picked.

        Raises:
            Invalid: there are too many of one point, or one is longer than any instant is written.
        """
        for camera, each in spans.items():
            if len(each) > MOST_SPANS or any(len(text) > LONGEST_INSTANT for typed in each for text in typed):
                raise Invalid("too-many-spans", pointer=f"/cameras/{camera}", most=MOST_SPANS)
        return replace(
            self, picks=tuple(replace(pick, spans=spans.get(pick.camera, pick.spans)) for pick in self.picks)
        )


LONGEST_INSTANT = 64


def sketch_of(request: AccessRequest, logins: Collection[str]) -> Sketch:
    """Return the sketch that says what the request says; `logins`: those of its investigators."""
    spans: dict[CameraId, tuple[Typed, ...]] = {}
    for line in request.asked:
        typed = (line.span.begin.isoformat(), line.span.end.isoformat())
        spans[line.camera_id] = (*spans.get(line.camera_id, ()), typed)
    common = Counter(each for each in spans.values() if len(each) == 1).most_common(1)
    usual: tuple[Typed, ...] = common[0][0] if common else ()
    begin, end = usual[0] if usual else ("", "")
    purpose, terms, place = request.purpose, request.terms, request.place
    fields = {
        "basis": (purpose.basis,),
        "matter": (purpose.matter,),
        "case_number": (purpose.case_number,),
        "reason": (purpose.reason,),
        "urgent": ("yes",) if request.urgent else (),
        "place": (place.name if place else "",),
        "latitude": (str(place.latitude) if place else "",),
        "longitude": (str(place.longitude) if place else "",),
        "begin": (begin,),
        "end": (end,),
        "investigator": tuple(sorted(logins)),
        "action": tuple(sorted(terms.actions)),
        "condition": tuple(sorted(terms.conditions)),
        "valid_days": (str(terms.validity.days),),
        "snapshots": (str(terms.quota.snapshots),),
        "minutes": (shown_amount(terms.quota.seconds, MINUTE),),
        "gigabytes": (shown_amount(terms.quota.bytes, GIGABYTE),),
        "originals": ("yes",) if terms.originals else (),
        "longest_side": (str(terms.longest_side or ""),),
    }
    picks = (Pick(camera, () if each == usual else each) for camera, each in spans.items())
    return Sketch(request.id, request.version, fields, tuple(sorted(picks, key=lambda it: it.camera)))


MINUTE, GIGABYTE = 60, 1024**3


def shown_amount(amount: int, unit: int) -> str:
    """Return an amount in a larger unit, cut off after three places: never more than it is."""
    whole, rest = divmod(amount, unit)
    return f"{whole}.{rest * 1000 // unit:03d}".rstrip("0").rstrip(".")
