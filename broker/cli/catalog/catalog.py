"""`xueliang catalog`: import lists of points, look at them, bind them to sources; by the machine's operator."""

from pathlib import Path
from typing import Annotated, Literal

from typer import Argument, Exit, Option

from broker.cli import screen
from broker.cli.catalog import camera_list, camera_record, reading
from broker.cli.catalog.import_report import as_record, save, show_report, write_report
from broker.cli.grammar import Json, Noun
from broker.cli.machine import Data, at_the_machine
from broker.domain.catalog.coordinates import System
from broker.domain.errors import Invalid
from broker.domain.footage.media import Mask, MaskStyle
from broker.services.catalog.catalog_files.mapping import parse_pairs

REJECTED = 2

app = Noun()


@app.verb("import")
def import_list(
    file: reading.File,
    *,
    owner: reading.Owner,
    list_format: reading.Format = None,
    mapping: reading.Pairs = None,
    profile: reading.Profile = None,
    coordinates: reading.Coordinates = None,
    strict: reading.Strict = False,
    report: Annotated[Path | None, Option("--report", metavar="FILE")] = None,
    data: Data = None,
    dry_run: Annotated[bool, Option("--dry-run")] = False,
    as_json: Json = False,
) -> None:
    """Bring a list into the catalogue of one department."""
    pairs = parse_pairs(mapping or ())
    with at_the_machine(data) as (broker, me):
        found = broker.imports.import_file(
            me, file, owner=owner, format=list_format, mapping=pairs, profile=profile, coordinates=coordinates,
            strict=strict, dry_run=dry_run,
        )  # fmt: skip
    if report is not None:
        write_report(found, report)
    if as_json:
        screen.document(as_record(found, dry_run=dry_run))
    else:
        show_report(found, report, dry_run=dry_run)
    if found.read and found.rejected + found.quarantined == found.read:
        raise Exit(REJECTED)  # nothing at all went in: a script should notice


@app.verb("export")
def export_list(
    file: reading.File,
    *,
    owner: Annotated[str | None, Option("--owner", metavar="CODE")] = None,
    division: Annotated[str | None, Option("--division", metavar="DIGITS")] = None,
    list_format: Annotated[
        Literal["csv", "xlsx", "json", "geojson", "xml"],
        Option("--format", metavar="csv|xlsx|json|geojson|xml"),
    ] = "csv",
    coordinates: Annotated[System, Option("--coordinates", metavar="wgs84|gcj02|bd09")] = System.WGS84,
    data: Data = None,
) -> None:
    """Write the catalogue into a file that can be read back."""
    with at_the_machine(data) as (broker, me):
        written = broker.catalog_exports.export(
            me, list_format, owner=owner, division=division, coordinates=coordinates
        )  # fmt: skip
        save(file, written.chunks)


@app.verb("bind")
def bind(
    gb_code: Annotated[str, Argument(metavar="GB-CODE")],
    *,
    source: Annotated[str, Option("--source", metavar="CODE")],
    channel: Annotated[str, Option("--channel")],
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Say on which channel of which source the footage of a point lies."""
    with at_the_machine(data) as (broker, me):
        camera = broker.catalog.bind(me, gb_code, source, channel)
    told = {"gb_code": camera.gb_code, "name": camera.name, "source": source, "channel": channel}
    screen.fields(told, as_json=as_json)


@app.verb("mark")
def mark(
    gb_code: Annotated[str, Argument(metavar="GB-CODE")],
    *,
    sensitive: Annotated[bool, Option("--sensitive/--ordinary")],
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Say whether a point is sensitive: then two persons of its owner have to authorize."""
    with at_the_machine(data) as (broker, me):
        camera = broker.catalog.mark(me, broker.catalog.find(me, gb_code).id, sensitive=sensitive)
    told = {"gb_code": camera.gb_code, "name": camera.name, "sensitive": camera.sensitive}
    screen.fields(told, as_json=as_json)


@app.verb("mask")
def mask(
    gb_code: Annotated[str, Argument(metavar="GB-CODE")],
    *,
    areas: Annotated[list[str] | None, Option("--area", metavar="X,Y X,Y X,Y[=STYLE]")] = None,
    clear: Annotated[bool, Option("--clear")] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Set all privacy masks of a point anew, or only show them; --clear takes them away."""
    with at_the_machine(data) as (broker, me):
        camera = broker.catalog.find(me, gb_code)
        if areas or clear:
            camera = broker.masks.replace(me, camera.id, [area(told) for told in areas or ()])
    masks = [_area_told(mask) for mask in camera.masks]
    screen.fields({"gb_code": camera.gb_code, "name": camera.name, "masks": masks}, as_json=as_json)


@app.verb("transfer")
def transfer(
    gb_code: Annotated[str, Argument(metavar="GB-CODE")],
    *,
    to: Annotated[str, Option("--to", metavar="DEPARTMENT")],
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Give a point to another department; what is undecided about it follows."""
    with at_the_machine(data) as (broker, me):
        camera = broker.transfers.transfer(me, gb_code, to)
    screen.fields({"gb_code": camera.gb_code, "name": camera.name, "owner": to}, as_json=as_json)


app.add_typer(camera_list.app)
app.add_typer(camera_record.app)


def area(told: str) -> Mask:
    """Read `0.1,0.2 0.4,0.2 0.4,0.6=mosaic`: corners as shares of width and height, and how they are covered.

    Raises:
        Invalid: it does not look like that.
    """
    corners, _, style = told.partition("=")
    try:
        polygon = tuple((float(x), float(y)) for x, y in (corner.split(",") for corner in corners.split()))
        return Mask(polygon, MaskStyle(style or MaskStyle.SOLID))
    except ValueError:
        raise Invalid("mask-malformed", pointer="/area", value=told[:80], styles=", ".join(MaskStyle)) from None


def _area_told(mask: Mask) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in mask.polygon) + f"={mask.style}"
