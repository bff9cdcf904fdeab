"""Files that a command writes: each is there whole, or not at all."""

from collections.abc import Iterable
from pathlib import Path

from broker.domain.errors import Invalid


def whole_file(output: Path, chunks: Iterable[bytes]) -> None:
    """Write a file beside its place and move it there once it is whole.

    Raises:
        Invalid: it cannot be written.
    """
    part = output.with_name(f"{output.name}.part")
    try:
        with part.open("wb") as file:
            for chunk in chunks:
                file.write(chunk)
        part.replace(output)
    except OSError as error:
        raise Invalid("file-unwritable", file=str(output), reason=error.strerror or "") from error
    finally:
        part.unlink(missing_ok=True)
