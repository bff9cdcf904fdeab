"""`make bench NAME=media_copies`: marked copies beside the same encode without marks; first bytes; memory.

The footage is noisy 1080p25 out of the middle of an hour. `cpu` is the processor time of this process for decoding,
treating and encoding; the reference is the same with nothing painted. Each case runs in turns with its reference. Times
to the first byte are those of a fresh process, from its start; memory is the most that such a process had resident.
"""

import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from adapters.media.copies import marked
from adapters.media.face_model import redacts
from benchmarks.figures import figure, interleaved
from benchmarks.footage import BEGIN, SIZE, hour, hour_file
from broker.domain.footage.media import Mask, MaskStyle, Treatment
from broker.domain.time import TimeSpan

FPS = 25
SECONDS, RUNS = 4, 5
SHORT, LONG = 5, 60
MOST_MB, FIRST_BYTE = 400, 1.0
LINES = ("王小明 东湖公安分局刑侦大队", "XL2026-000123  2026-03-01 12:00+08:00", "副本 7K3M-9QXT-AB2C")
WORDS = Treatment(watermark=LINES, clock="Asia/Shanghai")
BANNER = Treatment(watermark=LINES, clock="Asia/Shanghai", banner="应急调阅 EMERGENCY XL2026-000123")
AREA = ((0.1, 0.3), (0.5, 0.3), (0.5, 0.9), (0.1, 0.9))
CASES = {
    "words": WORDS,
    "words_banner": BANNER,
    "words_solid_mask": Treatment(watermark=LINES, clock="Asia/Shanghai", masks=(Mask(AREA),)),
    "words_mosaic": Treatment(watermark=LINES, clock="Asia/Shanghai", masks=(Mask(AREA, MaskStyle.MOSAIC),)),
    **({"words_faces": Treatment(watermark=LINES, clock="Asia/Shanghai", faces=True)} if redacts(None) else {}),
}


def job(seconds: float, folder: Path, treatment: Treatment) -> Callable[[], object]:
    """Return the work of one copy, from the middle of the hour, between two key frames."""
    begin = BEGIN + timedelta(seconds=1801)
    span = TimeSpan(begin, begin + timedelta(seconds=seconds))
    return lambda: marked([hour_file("cfr").stretch(span)], span, folder, lambda _: None, treatment)


def first_bytes(folder: Path, seconds: float, treatment: Treatment) -> tuple[float, float, float]:
    """Return when the first byte and the first pictures of a copy are there, and the megabytes its process took."""
    target = folder / "part-1.mp4"
    target.unlink(missing_ok=True)
    told: dict[str, float] = {}
    order = json.dumps([seconds, str(folder), bool(treatment.faces)])
    began = time.perf_counter()
    child = subprocess.Popen([sys.executable, __file__, order], stdout=subprocess.PIPE)

    def watch() -> None:
        while child.poll() is None and "pictures" not in told:
            head = target.read_bytes() if target.exists() and target.stat().st_size < 2**21 else b""
            if head:
                told.setdefault("byte", time.perf_counter() - began)
            if b"mdat" in head:
                told["pictures"] = time.perf_counter() - began
            time.sleep(0.005)

    watcher = threading.Thread(target=watch)
    watcher.start()
    peak, _ = child.communicate()
    watcher.join()
    return told["byte"], told["pictures"], int(peak) / 1024


def child(order: str) -> None:
    """Make one copy and print the most memory that was resident, in KiB."""
    import resource  # noqa: PLC0415 - only the child counts it

    seconds, folder, faces = json.loads(order)
    treatment = Treatment(watermark=LINES, clock="Asia/Shanghai", faces=faces)
    job(seconds, Path(folder), treatment)()
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def main() -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        hour("cfr")
        bare = job(SECONDS, folder, Treatment(longest_side=max(SIZE)))
        for name, treatment in CASES.items():
            plain, with_marks = interleaved(
                RUNS, bare, job(SECONDS, folder, treatment), clock=time.process_time
            )  # fmt: skip
            per_frame = with_marks / (SECONDS * FPS) * 1000
            figure(f"copy.{name}.cpu", per_frame, "ms/frame", reference="no marks", ratio=with_marks / plain, n=RUNS)
        kinds = {"words": WORDS, **({"faces": Treatment(faces=True)} if redacts(None) else {})}
        for name, treatment in kinds.items():
            short = [first_bytes(folder, SHORT, treatment) for _ in range(3)]
            byte, pictures, small = (sorted(values)[1] for values in zip(*short, strict=True))
            *_, large = first_bytes(folder, LONG, treatment)
            figure(f"copy.{name}.first_byte", byte, "s", reference="1 s", ratio=byte / FIRST_BYTE, n=3)
            figure(f"copy.{name}.first_pictures", pictures, "s", reference="1 s", ratio=pictures / FIRST_BYTE, n=3)
            figure(f"copy.{name}.memory", large, "MB", reference=f"{MOST_MB} MB", ratio=large / MOST_MB, n=1)
            figure(f"copy.{name}.memory_60s", large, "MB", reference=f"{SHORT} s", ratio=large / small, n=1)


if __name__ == "__main__":
    child(sys.argv[1]) if len(sys.argv) > 1 else main()
