"""Reading a delivered picture back."""

from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from tests.worker.conftest import Bench


def stored(bench: Bench, digest: str, path: Path) -> Path:
    """Write what the store keeps under a digest to a file."""
    path.write_bytes(b"".join(bench.broker.blobs.read(digest)))
    return path


def luma(path: Path) -> NDArray[np.uint8]:
    """Return the brightness plane of a picture file."""
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
        return np.asarray(frame.reformat(format="gray").to_ndarray(), dtype=np.uint8)
