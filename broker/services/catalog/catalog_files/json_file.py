"""JSON: a list of objects, or objects nested to any depth whose leaves are lists of objects."""

import json
from collections.abc import Iterator
from pathlib import Path

from broker.domain.catalog.catalog import RowProblem
from broker.domain.errors import Invalid, TooLarge
from broker.services.catalog.catalog_files.cells import address_key, holds_address, shown, spelled
from broker.services.catalog.catalog_files.encoding import detect_encoding
from broker.services.catalog.catalog_files.rows import Limits, Row, Table


def load_json(path: Path, limits: Limits) -> object:
    """Read a JSON document; NaN and Infinity become numbers that no field takes.

    Raises:
        Invalid: `list-encoding`; `list-json-syntax` with `line` and `column` (from 1); `list-json-duplicate-key`
            with `key`; `list-json-depth` when the nesting is beyond what can be read.
    """
    text = path.read_text(encoding=detect_encoding(path))
    if not text.strip():
        raise Invalid("list-empty")
    try:
        return json.loads(text, object_pairs_hook=_single_keys)
    except json.JSONDecodeError as error:
        raise Invalid("list-json-syntax", line=error.lineno, column=error.colno, detail=error.msg) from None
    except RecursionError:
        raise Invalid("list-json-depth", place="?", limit=limits.depth) from None
    except ValueError as error:  # a whole number of more digits than Python converts
        raise Invalid("list-json-syntax", line="?", column="?", detail=type(error).__name__) from None


def json_table(document: object, limits: Limits) -> Table:
    """Return the rows of a document; the keys above a list become the columns level1, level2 and so on.

    Raises:
        Invalid: `list-json-shape` with `place` (JSON pointer) of what is neither list nor object; `list-json-depth`;
            `list-empty` without a single row.
        TooLarge: `list-too-many-columns`.
    """
    leaves = list(_leaves(document, (), limits))
    if not any(leaf for _, leaf in leaves):
        raise Invalid("list-empty")
    columns = dict.fromkeys(
        column for path, leaf in leaves for item in leaf if isinstance(item, dict) for column in _values(path, item)
    )
    return Table(bounded_columns(columns, limits), _rows(leaves))


def bounded_columns(columns: dict[str, None], limits: Limits) -> tuple[str, ...]:
    """Return the columns; raises TooLarge (`list-too-many-columns`) beyond the limit."""
    if len(columns) > limits.columns:
        raise TooLarge("list-too-many-columns", limit=limits.columns)
    return tuple(columns)


def pointer(*path: object) -> str:
    """Return the JSON pointer (RFC 6901) of a path; a key that holds a stream address stands as its digest."""
    return "".join(f"/{_shielded(str(step)).replace('~', '~0').replace('/', '~1')}" for step in path)


def _shielded(key: str) -> str:
    return address_key(key) if holds_address(key) else spelled(key)


def _single_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise Invalid("list-json-duplicate-key", key=shown(next(key for key in keys if keys.count(key) > 1)))
    return found


def _leaves(node: object, path: tuple[str, ...], limits: Limits) -> Iterator[tuple[tuple[str, ...], list[object]]]:
    """Yield each list with the keys above it."""
    if len(path) > limits.depth:
        raise Invalid("list-json-depth", place=pointer(*path), limit=limits.depth)
    if isinstance(node, list):
        yield path, node
    elif isinstance(node, dict):
        for key, below in node.items():
            yield from _leaves(below, (*path, key), limits)
    else:
        raise Invalid("list-json-shape", place=pointer(*path) or "/")


def _values(path: tuple[str, ...], item: dict[str, object]) -> dict[str, object]:
    levels: dict[str, object] = {}
    for number, key in enumerate(path, start=1):
        name = f"level{number}"
        while name in item:  # the object's own field of that name stays
            name = f"_{name}"
        levels[name] = key
    return levels | item


def _rows(leaves: list[tuple[tuple[str, ...], list[object]]]) -> Iterator[Row]:
    for path, leaf in leaves:
        for index, item in enumerate(leaf):
            where = pointer(*path, index)
            if isinstance(item, dict):
                yield Row(where, _values(path, item))
            else:
                yield Row(where, fault=RowProblem(where, "", "point-row-no-object", shown(item), "{…}"))
