"""`make bench NAME=copies`: marked copies beside the same encode without marks, in processor time; first bytes; memory.

The footage is 1080p25 with grain, as cameras give it at dusk. `cpu` is the processor time of this process for decoding,
treating and encoding; the reference is the same with nothing painted. Each case runs in turns with its reference. Times
to the first byte are those of a fresh process, from its start; memory is the most that such a process had resident.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import av
import numpy as np
from av.video.frame import VideoFrame

from adapters.media.copies import marked
from adapters.media.face_model import redacts
from adapters.media.planes import view
from adapters.media.recorder import Recorder, Style
from adapters.media.street import Street
from adapters.media.stretches import Stretch
from benchmarks.figures import figure, interleaved
from broker.domain.media import Mask, MaskStyle, Treatment
from broker.domain.time import TimeSpan

BEGIN = datetime(2026, 3, 1, 4, tzinfo=UTC)
FPS, SIZE = 25, (1920, 1080)
SECONDS, RUNS = 8, 5
SHORT, LONG = 10, 60
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
}


def write_film(file: Path, seconds: int) -> None:
    """Write a street with moving cars and fresh grain in every picture."""
    grain = np.random.default_rng(7).normal(0, 4, (8, SIZE[1] // 2, SIZE[0] // 2)).round().astype(np.int16)
    recorder = Recorder(
        file.parent, "01", "环城路卡口", TimeSpan(BEGIN, BEGIN + timedelta(seconds=seconds)), Style(fps=FPS)
    )
    frame = VideoFrame(*SIZE, "yuv420p")
    luma, blue, red = (view(plane) for plane in frame.planes)
    street = Street("01", recorder.name, (luma, blue, red))
    with av.open(str(file), "w") as container:
        stream = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        stream.options = {"preset": "superfast", "crf": "23", "g": "50"}
        for number in range(seconds * FPS):
            street.paint(number, BEGIN + timedelta(milliseconds=number * 1000 // FPS))
            noisy = VideoFrame(*SIZE, "yuv420p")
            for ours, clean in zip(noisy.planes, (luma, blue, red), strict=True):
                view(ours)[:] = clean
            spread = np.repeat(np.repeat(grain[number % 8], 2, axis=0), 2, axis=1)
            view(noisy.planes[0])[:] = np.clip(luma + spread, 0, 255)
            noisy.pts = number
            container.mux(stream.encode(noisy))
        container.mux(stream.encode(None))


def job(file: Path, seconds: float, folder: Path, treatment: Treatment) -> Callable[[], object]:
    """Return the work of one copy."""
    span = TimeSpan(BEGIN + timedelta(seconds=1), BEGIN + timedelta(seconds=1 + seconds))
    film = Stretch(file.name, BEGIN, span, lambda: os.open(file, os.O_RDONLY))
    return lambda: marked([film], span, folder, lambda _: None, treatment)


def first_bytes(file: Path, folder: Path, seconds: float, treatment: Treatment) -> tuple[float, float, float]:
    """Return when the first byte and the first pictures of a copy are there, and the megabytes its process took."""
    target = folder / "part-1.mp4"
    target.unlink(missing_ok=True)
    told: dict[str, float] = {}
    order = json.dumps([str(file), seconds, str(folder), bool(treatment.faces)])
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

    file, seconds, folder, faces = json.loads(order)
    treatment = Treatment(watermark=LINES, clock="Asia/Shanghai", faces=faces)
    job(Path(file), seconds, Path(folder), treatment)()
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def main() -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        file = folder / "film.mp4"
        write_film(file, LONG + 2)
        bare = job(file, SECONDS, folder, Treatment(longest_side=SIZE[0]))
        for name, treatment in CASES.items():
            plain, with_marks = interleaved(
                RUNS, bare, job(file, SECONDS, folder, treatment), clock=time.process_time
            )  # fmt: skip
            per_frame = with_marks / (SECONDS * FPS) * 1000
            figure(f"copy.{name}.cpu", per_frame, "ms/frame", reference="no marks", ratio=with_marks / plain, n=RUNS)
        kinds = {"words": WORDS, **({"faces": Treatment(faces=True)} if redacts(None) else {})}
        for name, treatment in kinds.items():
            short = [first_bytes(file, folder, SHORT, treatment) for _ in range(3)]
            byte, pictures, small = (sorted(values)[1] for values in zip(*short, strict=True))
            *_, large = first_bytes(file, folder, LONG, treatment)
            figure(f"copy.{name}.first_byte", byte, "s", reference="1 s", ratio=byte / FIRST_BYTE, n=3)
            figure(f"copy.{name}.first_pictures", pictures, "s", reference="1 s", ratio=pictures / FIRST_BYTE, n=3)
            figure(f"copy.{name}.memory", large, "MB", reference=f"{MOST_MB} MB", ratio=large / MOST_MB, n=1)
            figure(f"copy.{name}.memory_60s", large, "MB", reference="10 s", ratio=large / small, n=1)


if __name__ == "__main__":
    child(sys.argv[1]) if len(sys.argv) > 1 else main()
