"""Reading a delivered picture back."""

from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray


def luma(path: Path) -> NDArray[np.uint8]:
    """Return the brightness plane of a picture file."""
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
        return np.asarray(frame.reformat(format="gray").to_ndarray(), dtype=np.uint8)
