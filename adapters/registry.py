"""Adapters by name: found through the entry points of installed packages, imported when they are first used."""

from importlib.metadata import EntryPoint, entry_points

from adapters.base import SourceAdapter
from adapters.errors import AdapterBroken, AdapterNotLoadable, OutOfMemory, UnknownAdapter
from adapters.wrapping import lacks_memory

GROUP = "xueliang.adapters"
KEPT = "kept"
"""The adapter of files that the program itself keeps. It is no entry point: its options name any file."""


def installed() -> tuple[str, ...]:
    """Return the names of the installed adapters, sorted; nothing is imported for it."""
    return tuple(sorted(entry_points(group=GROUP).names))


def summon(name: str) -> type[SourceAdapter]:
    """Import an adapter for work that the program itself has set up: also one that nobody may choose for a source.

    Raises:
        as for `load`.
    """
    if name == KEPT:
        from adapters.kept import KeptAdapter  # noqa: PLC0415  # only in the child

        return KeptAdapter
    return load(name)


def load(name: str) -> type[SourceAdapter]:
    """Import the adapter called `name`.

    Raises:
        UnknownAdapter: none of that name is installed; says which ones are.
        AdapterNotLoadable: its package or one that it needs cannot be imported; says which.
        AdapterBroken: the entry point names something that is no adapter.
    """
    found = tuple(entry_points(group=GROUP, name=name))
    if not found:
        raise UnknownAdapter(pointer="/adapter", adapter=name, installed=", ".join(installed()))
    adapter = _imported(found[0])
    if not (isinstance(adapter, type) and issubclass(adapter, SourceAdapter)):
        raise AdapterBroken(adapter=name, problem=f"{found[0].value} is no SourceAdapter")
    return adapter


def _imported(entry: EntryPoint) -> object:
    package = entry.dist.name if entry.dist else entry.module
    try:
        return entry.load()
    except (ImportError, AttributeError) as error:
        if lacks_memory(error):  # a library did not fit into the sandbox
            raise OutOfMemory from error
        raise AdapterNotLoadable(adapter=entry.name, package=package, problem=str(error)) from error
