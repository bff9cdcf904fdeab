"""An index beside the files says what they show; options say which of the two ways is meant."""

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from adapters.errors import InvalidIndex, InvalidOption, InvalidPattern, MissingOption
from adapters.local_files import LocalFilesAdapter
from tests.adapters.recordings import Recording, span


def adapter(folder: Path, **options: object) -> LocalFilesAdapter:
    return LocalFilesAdapter.configured({"folder": str(folder), **options})


@pytest.fixture
def folder(recording: Callable[[str], Recording], tmp_path: Path) -> Path:
    for letter, file in zip("ab", recording("cfr").files, strict=False):
        shutil.copy(file, tmp_path / f"{letter}.mp4")
    return tmp_path


def test_a_spreadsheet_saved_as_csv(folder: Path) -> None:
    rows = (
        "channel,file,note,start,end",
        "门口,a.mp4,x,2026-03-01 12:00:00,",
        "门口,b.mp4,,2026-03-01T04:00:12Z,2026-03-01T04:00:20Z",
    )
    (folder / "index.csv").write_text("\ufeff" + "\r\n".join(rows), encoding="utf-8")
    source = adapter(folder, index="index.csv", timezone="Asia/Shanghai", names={"门口": "学校东门"})
    assert [(point.channel, point.name) for point in source.points()] == [("门口", "学校东门")]
    assert source.coverage("门口", span(0, 36)) == (span(0, 20),)


def test_json(folder: Path) -> None:
    (folder / "lists").mkdir()
    row = {"file": "b.mp4", "channel": "cam", "start": "2026-03-01T12:00:12+08:00"}
    (folder / "lists/index.json").write_text(json.dumps([row]))
    assert adapter(folder, index="lists/index.json").coverage("cam", span(0, 36)) == (span(12, 24),)


def test_a_changed_index_is_read_again(folder: Path) -> None:
    row = "file,channel,start\n{},cam,2026-03-01T04:00:00Z\n"
    (folder / "index.csv").write_text(row.format("a.mp4"))
    source = adapter(folder, index="index.csv")
    assert source.coverage("cam", span(0, 36)) == (span(0, 12),)
    (folder / "index.csv").write_text(row.format("a.mp4") + "b.mp4,cam,2026-03-01T04:00:20Z\n")
    assert source.coverage("cam", span(0, 36)) == (span(0, 12), span(20, 32))


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("file,channel\na.mp4,cam\n", 2),
        ("file,channel,start\na.mp4,cam,2026-03-01T04:00:00Z\nb.mp4,cam,yesterday\n", 3),
        ("file,channel,start,end\na.mp4,cam,2026-03-01T04:00:00Z,2026-03-01T03:00:00Z\n", 2),
        ("file,channel,start\na.mp4,,2026-03-01T04:00:00Z\n", 2),
        ("file,channel,start\na.mp4\n", 2),
    ],
)
def test_a_wrong_line_is_named(content: str, line: int, folder: Path) -> None:
    (folder / "index.csv").write_text(content)
    with pytest.raises(InvalidIndex) as caught:
        adapter(folder, index="index.csv").probe()
    assert caught.value.facts == {"file": "index.csv", "line": line}


@pytest.mark.parametrize("content", [b"\xff\xfe", b"{", b"7", b'["a.mp4"]', b'[{"file": 3}]'])
def test_an_index_that_is_none(content: bytes, folder: Path) -> None:
    (folder / "index.json").write_bytes(content)
    with pytest.raises(InvalidIndex):
        adapter(folder, index="index.json").points()


@pytest.mark.parametrize(
    ("options", "kind", "pointer"),
    [
        ({}, MissingOption, "/folder"),
        ({"folder": "videos"}, InvalidOption, "/folder"),
        ({"folder": 7}, InvalidOption, "/folder"),
        ({"folder": "/a\x00b"}, InvalidOption, "/folder"),
        ({"folder": "/a", "pattern": "{camera}.mp4"}, InvalidPattern, "/pattern"),
        ({"folder": "/a", "index": "../index.csv"}, InvalidOption, "/index"),
        ({"folder": "/a", "index": "index.xlsx"}, InvalidOption, "/index"),
        ({"folder": "/a", "timezone": "Mars/Olympus"}, InvalidOption, "/timezone"),
        ({"folder": "/a", "timezone": "../../etc/passwd"}, InvalidOption, "/timezone"),
        ({"folder": "/a", "names": {"a": 1}}, InvalidOption, "/names/a"),
        ({"folder": "/a", "index": "index.csv", "pattern": "{channel}.mp4"}, InvalidOption, ""),
    ],
)
def test_options_that_cannot_be(options: Mapping[str, object], kind: type[InvalidOption], pointer: str) -> None:
    with pytest.raises(kind) as caught:
        LocalFilesAdapter.configured(options)
    assert type(caught.value) is kind
    assert caught.value.pointer == pointer
