"""One JSON line a figure, and the medians they are made of."""

import json
import statistics
import time
from collections.abc import Callable

SMALL = 0.01


def seconds(call: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    """Return how long one call takes by the wall clock, or by another one."""
    begun = clock()
    call()
    return clock() - begun


def interleaved(n: int, *calls: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> list[float]:
    """Return the median seconds of each call, run in turns so that the machine's noise hits all alike.

    `time.process_time` counts the seconds of a core instead of those that pass: for work that waits for nothing.
    """
    taken: list[list[float]] = [[] for _ in calls]
    for _ in range(n):
        for place, call in enumerate(calls):
            taken[place].append(seconds(call, clock))
    return [statistics.median(each) for each in taken]


def figure(name: str, value: float, unit: str, *, reference: str, ratio: float, n: int) -> None:
    """Print a figure: `ratio` is value over reference, both measured in this run; n counts the repetitions."""
    line = {
        "name": name,
        "value": round(value, 4),
        "unit": unit,
        "reference": reference,
        "ratio": round(ratio, 3) if ratio > SMALL else float(f"{ratio:.2g}"),
        "n": n,
    }
    print(json.dumps(line, ensure_ascii=False))
