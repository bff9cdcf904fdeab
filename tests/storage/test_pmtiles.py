"""Maps in one file: the numbers of tiles as the specification gives them, files written here, damaged ones."""

import gzip
import os
from pathlib import Path

import pytest

from storage.geography.pmtiles import BadMapFile, MapFile, number_of
from tests.storage.map_file import directory, header, written

TILES = {(0, 0, 0): b"world", (1, 0, 1): b"south", (2, 3, 1): b"east", (2, 2, 1): b"east"}


@pytest.mark.parametrize(
    ("tile", "number"),
    [((0, 0, 0), 0), ((1, 0, 0), 1), ((1, 0, 1), 2), ((1, 1, 1), 3), ((1, 1, 0), 4), ((2, 0, 0), 5),
     ((12, 3423, 1763), 19078479)],
)  # fmt: skip
def test_tiles_are_numbered_as_the_specification_says(tile: tuple[int, int, int], number: int) -> None:
    assert number_of(*tile) == number


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("leaves", [True, False])
def test_tiles_are_found(tmp_path: Path, packed: bool, leaves: bool) -> None:
    path = tmp_path / "city.pmtiles"
    path.write_bytes(written(TILES, kind=2, packed=packed, leaves=leaves))
    file = MapFile(path)
    assert (file.media_type, file.deepest) == ("image/png", 2)
    for z in range(3):
        for x in range(2**z):
            for y in range(2**z):
                assert file.tile(z, x, y) == TILES.get((z, x, y)), (z, x, y)


def test_files_that_are_none_are_refused(tmp_path: Path) -> None:
    whole = written(TILES, kind=2)
    path = tmp_path / "city.pmtiles"
    for damaged in (
        b"", b"PMTiles\x03", b"PMTiles\x02" + whole[8:], whole[:140], header(kind=9) + whole[127:],
        whole[:127] + os.urandom(60), whole[:127] + gzip.compress(b"\xff" * 40) + bytes(60),
        whole[:127] + gzip.compress(b"\xff\xff\xff\xff\x0f") + bytes(60),
    ):  # fmt: skip
        path.write_bytes(damaged)
        with pytest.raises(BadMapFile):
            MapFile(path)
    with pytest.raises(BadMapFile):
        MapFile(tmp_path)
    with pytest.raises(BadMapFile):
        MapFile(tmp_path / "nothing")


def test_what_lies_beyond_the_end_is_no_tile(tmp_path: Path) -> None:
    path = tmp_path / "city.pmtiles"
    whole = written(TILES, kind=2)
    path.write_bytes(whole[:-18])
    with pytest.raises(BadMapFile):
        MapFile(path).tile(2, 3, 1)
    endless = directory([(0, 0, 8, 0)])  # a directory that holds itself
    path.write_bytes(header(kind=2, root=len(endless), leaves_at=127) + endless)
    with pytest.raises(BadMapFile):
        MapFile(path).tile(0, 0, 0)
