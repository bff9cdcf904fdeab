"""Changes of one point: what an edit makes of it, and what its history keeps.

The history of a point has, for each event that changed it, what stood there before and what stands there now: only
what changed. `record` and `custom` keep the fields that changed, None where a field was or is absent.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from enum import Enum
from typing import Final
from uuid import UUID

from broker.domain.catalog.camera_fields import CustomField, json_value, read_custom
from broker.domain.catalog.camera_record import RECORD_FIELDS
from broker.domain.catalog.catalog import POINT_CLASSES, Camera, Direction, Lifecycle
from broker.domain.catalog.gb_code import Edition, parse
from broker.domain.catalog.privacy_masks import told as masks_told
from broker.domain.errors import Conflict, Invalid
from broker.domain.footage.media import Mask

MOST_TAGS = 32
LONGEST_TAG = 40
DERIVED = frozenset({"id", "status", "stream", "version", "extra", "synthetic"})
"""What a history does not follow: it tells itself what happened, or is the latest list's."""
_NESTED = ("record", "custom")


class Kept(Enum):
    """What an edit leaves as it is; None takes a value away."""

    KEPT = "kept"


KEPT: Final = Kept.KEPT


@dataclass(frozen=True)
class CameraEdit:
    """A change of a point; what is KEPT stays, a field of `record` or `custom` that is None is taken away.

    With `version`, the change is refused when somebody else was first.
    """

    version: int | None = None
    name: str | Kept = KEPT
    address: str | Kept = KEPT
    division: str | Kept = KEPT
    place: tuple[float, float] | Kept = KEPT
    direction: Direction | Kept | None = KEPT
    point_class: int | Kept | None = KEPT
    gb_code: str | Kept | None = KEPT
    edition: Edition | Kept | None = KEPT
    lifecycle: Lifecycle | Kept = KEPT
    tags: tuple[str, ...] | Kept = KEPT
    record: Mapping[str, object] | None = None
    custom: Mapping[str, object] | None = None


def edited(camera: Camera, edit: CameraEdit, own: Mapping[str, CustomField]) -> Camera:
    """Return the point as the edit makes it; `own` are the fields that the city defined.

    Raises:
        Conflict: `changed-meanwhile`, somebody else changed it after it was read.
        Invalid: a value cannot stand where it is to stand; `pointer` says where.
    """
    if edit.version is not None and edit.version != camera.version:
        raise Conflict("changed-meanwhile", subject="camera")
    said = {
        name: getattr(edit, name)
        for name in ("name", "address", "division", "direction", "point_class", "gb_code", "edition", "lifecycle")
        if getattr(edit, name) is not KEPT
    }
    if edit.place is not KEPT:
        said["latitude"], said["longitude"] = edit.place
    if edit.tags is not KEPT:
        said["tags"] = checked_tags(edit.tags)
    if edit.record is not None:
        said["record"] = _laid_over(camera.record, edit.record, _read_record)
    if edit.custom is not None:
        said["custom"] = _laid_over(camera.custom, edit.custom, lambda key, value: read_custom(own, key, value))
    after = replace(camera, **said)
    if after.point_class is not None and after.point_class not in POINT_CLASSES:
        raise Invalid("record-class-unknown", pointer="/point_class", value=after.point_class, allowed="1, 2, 3, 9")
    if after.gb_code is not None and (after.gb_code, after.edition) != (camera.gb_code, camera.edition):
        parse(after.gb_code, edition=after.edition)
    missing = [key for key, field in own.items() if field.mandatory and not field.retired and key not in after.custom]
    if edit.custom is not None and missing:
        raise Invalid("custom-field-missing", pointer=f"/custom/{missing[0]}", field=missing[0])
    return after


def checked_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Return tags as they are kept: trimmed, each once, in their own order.

    Raises:
        Invalid: there are too many, or one is empty, too long or not printable.
    """
    kept = tuple(dict.fromkeys(tag.strip() for tag in tags))
    if len(kept) > MOST_TAGS or any(not tag or len(tag) > LONGEST_TAG or not tag.isprintable() for tag in kept):
        raise Invalid("camera-tags", pointer="/tags", most=MOST_TAGS, longest=LONGEST_TAG)
    return kept


def difference(before: Camera, after: Camera) -> tuple[dict[str, object], dict[str, object]]:
    """Return what of a point changed: as it was, and as it is."""
    was, now = history_of(before), history_of(after)
    old = {name: value for name, value in was.items() if value != now[name] and name not in _NESTED}
    new = {name: now[name] for name in old}
    for name in _NESTED:
        one, other = getattr(before, name), getattr(after, name)
        keys = sorted(key for key in {*one, *other} if one.get(key) != other.get(key))
        if keys:
            old[name] = {key: one.get(key) for key in keys}
            new[name] = {key: other.get(key) for key in keys}
    return old, new


def history_of(camera: Camera) -> dict[str, object]:
    """Return everything of a point that its history follows, as JSON."""
    return {field.name: _plain(getattr(camera, field.name)) for field in fields(Camera) if field.name not in DERIVED}


def _plain(value: object) -> object:
    if isinstance(value, tuple) and value and isinstance(value[0], Mask):
        return masks_told(value)
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, UUID):
        return str(value)
    return value.value if isinstance(value, Enum) else value


def _read_record(key: str, value: object) -> object:
    if key not in RECORD_FIELDS:
        raise Invalid("record-field-unknown", pointer=f"/record/{key[:60]}", field=key[:60])
    return json_value(RECORD_FIELDS[key], value, f"/record/{key}")


def _laid_over(
    old: Mapping[str, object], new: Mapping[str, object], reader: Callable[[str, object], object]
) -> dict[str, object]:
    kept = {key: value for key, value in old.items() if key not in new}
    return kept | {key: reader(key, value) for key, value in new.items() if value is not None}
