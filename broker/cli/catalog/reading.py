"""The options that say how a list is read; importing it and looking at it first take the same."""

from pathlib import Path
from typing import Annotated, Literal

from typer import Argument, Option

from broker.domain.catalog.coordinates import System

File = Annotated[Path, Argument(metavar="FILE")]
Owner = Annotated[str, Option("--owner", metavar="CODE")]
Format = Annotated[
    Literal["csv", "xlsx", "json", "geojson", "xml"] | None, Option("--format", metavar="csv|xlsx|json|geojson|xml")
]
Pairs = Annotated[list[str] | None, Option("--map", metavar="FIELD=COLUMN")]
Profile = Annotated[str | None, Option("--profile", metavar="NAME")]
Coordinates = Annotated[System | None, Option("--coordinates", metavar="wgs84|gcj02|bd09")]
Strict = Annotated[bool, Option("--strict")]
