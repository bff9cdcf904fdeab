"""The options of a folder of video files."""

from pathlib import PurePosixPath
from typing import Annotated, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from adapters.base import SourceAdapter
from adapters.errors import HostilePath, InvalidPattern
from adapters.local_files.beneath import names_of
from adapters.local_files.patterns import PatternError, compiled
from adapters.options import Codes, VendorIds

_DEFAULT_PATTERN = "{channel}/{start:%Y%m%dT%H%M%SZ}.mp4"


def _absolute(folder: str) -> str:
    if not folder.startswith("/") or not folder.isprintable():
        raise ValueError("an absolute path is needed")
    return folder


def _readable(pattern: str) -> str:
    try:
        compiled(pattern)
    except PatternError as error:
        raise PydanticCustomError(InvalidPattern.SLUG, "cannot read {part}", {"part": error.part}) from None
    return pattern


def _index_name(index: str) -> str:
    try:
        names_of(index)
    except HostilePath:
        raise ValueError("a path within the folder is needed") from None
    if PurePosixPath(index).suffix not in {".csv", ".json"}:
        raise ValueError("a .csv or .json file is needed")
    return index


def _known_zone(zone: str) -> str:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("a time zone such as UTC or Asia/Shanghai is needed") from None
    return zone


class LocalFilesOptions(SourceAdapter.Options):
    """Where the files are and how their names, or an index beside them, say what they show.

    Attributes:
        folder: absolute path.
        pattern: of the files' paths within it, see `adapters.local_files.patterns`.
        index: path within the folder of a list of files, CSV or JSON; stands in for the pattern.
        timezone: of instants in names or in the index that state none.
        names: what to call the channels; a channel without one is called by itself.
        codes: of GB/T 28181, by channel; `vendor_ids` what the maker knows them by.
    """

    folder: Annotated[str, AfterValidator(_absolute)]
    pattern: Annotated[str, AfterValidator(_readable)] = _DEFAULT_PATTERN
    index: Annotated[str, AfterValidator(_index_name)] | None = None
    timezone: Annotated[str, AfterValidator(_known_zone)] = "UTC"
    names: dict[str, str] = Field(default_factory=dict)
    codes: Codes = Field(default_factory=dict)
    vendor_ids: VendorIds = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if self.index is not None and "pattern" in self.model_fields_set:
            raise ValueError("either a pattern or an index, not both")
        return self
