"""`make bench NAME=media`: clips and snapshots out of one hour of 1080p25, side by side with what ffmpeg does.

The program `ffmpeg` is the reference where it is installed; without it PyAV does the same in a process of its own.
Ours are calls of the media functions, as an adapter makes them; `fresh` adds what starting an interpreter and loading
the decoders takes, as for the first call in the child process of a retrieval.
"""

import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import cv2

from adapters.media.frames import shown
from adapters.media.originals import cut
from adapters.media.testcard import UnreadableCodeError, read_codes
from benchmarks.figures import figure, interleaved, seconds
from benchmarks.footage import BEGIN, HOUR, KINDS, Hour, hour, hour_file
from broker.domain.footage.media import Capture
from broker.domain.time import TimeSpan

CLIPS, RECODES, SNAPSHOTS = 9, 1, 25
FROM, LASTS = 1801.36, 60  # between key frames, which come every two seconds
CLIP = TimeSpan(BEGIN + timedelta(seconds=FROM), BEGIN + timedelta(seconds=FROM + LASTS))
FFMPEG = shutil.which("ffmpeg")
NAME = "ffmpeg" if FFMPEG else "PyAV process"


def take(folder: Path) -> Capture:
    """Take the clip."""
    (piece,) = cut([hour_file("cfr").stretch(CLIP)], CLIP, folder, lambda _: None, sound=True)
    return piece.capture


def look(kind: str, second: float, target: Path) -> None:
    """Take a snapshot, as JPEG."""
    picture, _, _ = shown([hour_file(kind).stretch(HOUR)], BEGIN + timedelta(seconds=second))
    cv2.imwrite(str(target), picture, [cv2.IMWRITE_JPEG_QUALITY, 90])


def copy_like(source: str, target: str) -> None:
    """Copy the packets of the clip from the key frame before it on; what stands in for the program `ffmpeg`."""
    import av  # noqa: PLC0415 - called in a process of its own

    with av.open(source) as given, av.open(target, "w") as made:
        stream = given.streams.video[0]
        copied = made.add_stream_from_template(stream)
        given.seek(int(FROM / stream.time_base), stream=stream) if stream.time_base else None
        for packet in given.demux(stream):
            if not packet.size or packet.pts is None or packet.pts * packet.time_base >= FROM + LASTS:
                break
            packet.stream = copied
            made.mux(packet)


def program(*order: str) -> Callable[[], None]:
    return lambda: run(FFMPEG or "ffmpeg", "-v", "error", "-y", *order)


def fresh(call: str) -> Callable[[], None]:
    """Return a run of a call of this module in a new interpreter."""
    imports = "from pathlib import Path; from benchmarks.bench_media import take, look, copy_like; "
    return lambda: run(sys.executable, "-c", imports + call)


def run(*order: str) -> None:
    subprocess.run(order, check=True, capture_output=True, cwd=Path(__file__).parents[1])


def bench_clip(source: Hour, folder: Path) -> None:
    """The clip, against a copy of packets that is not exact and against encoding all of it anew."""
    given, copied, encoded = str(source.path), str(folder / "copy.mp4"), str(folder / "encoded.mp4")
    window = ("-ss", str(FROM), "-t", str(LASTS), "-i", given)
    copy = fresh(f"copy_like({given!r}, {copied!r})") if FFMPEG is None else program(*window, "-c", "copy", copied)
    anew = fresh(f"take(Path({str(folder)!r}))")
    taken, started, reference = interleaved(CLIPS, lambda: take(folder), anew, copy)
    capture = take(folder)
    expected = [source.shown(FROM + 0.04 * number + 0.001) for number in range(LASTS * 25)]
    codes = [code for _, code in read_codes(folder / "part-1.mp4", {"ignore_editlist": "1"})]
    assert codes == expected, "not exact"
    assert capture.notes == ()
    figure("media.clip.cut", taken, "s", reference=f"{NAME} -c copy", ratio=taken / reference, n=CLIPS)
    figure("media.clip.cut.fresh", started, "s", reference=f"{NAME} -c copy", ratio=started / reference, n=CLIPS)
    figure("media.clip.reencoded", capture.reencoded, "frames", reference="all", ratio=capture.reencoded / 1500, n=1)
    if FFMPEG:
        veryfast = program(*window, "-c:v", "libx264", "-preset", "veryfast", "-crf", "23", encoded)
        slow = seconds(veryfast)
        figure("media.clip.recode", slow, "s", reference="our cut", ratio=slow / taken, n=RECODES)


def bench_snapshots(kind: str, source: Hour, folder: Path) -> None:
    """Snapshots at random instants: how long, and how many are the frame that was shown."""
    dice = random.Random(kind)  # noqa: S311 - the same instants in each run; no secret
    ours, theirs = folder / "ours.jpg", folder / "theirs.jpg"
    moments = [round(dice.uniform(5, 3590), 3) for _ in range(SNAPSHOTS)]
    exact = others = 0
    took: list[float] = []
    reference: list[float] = []
    for moment in moments:
        took.append(seconds(lambda moment=moment: look(kind, moment, ours)))  # type: ignore[misc]
        exact += code_of(ours) == source.shown(moment)
        if FFMPEG:
            there = program("-ss", str(moment), "-i", str(source.path), "-frames:v", "1", "-q:v", "2", str(theirs))
            reference.append(seconds(there))
            others += code_of(theirs) == source.shown(moment)
    middle, other = sorted(took)[SNAPSHOTS // 2], sorted(reference or took)[SNAPSHOTS // 2]
    said = "ffmpeg -ss" if FFMPEG else "itself"
    figure(f"media.snapshot.{kind}", middle, "s", reference=said, ratio=middle / other, n=SNAPSHOTS)
    figure(
        f"media.snapshot.{kind}.exact", exact, "pictures", reference="asked for", ratio=exact / SNAPSHOTS, n=SNAPSHOTS
    )
    if FFMPEG:
        print(f"# ffmpeg -ss was exact in {others} of {SNAPSHOTS}")


def code_of(path: Path) -> object:
    try:
        ((_, code),) = read_codes(path)
    except UnreadableCodeError:
        return None
    return code


def main() -> None:
    """Make the hours where they are missing, print the figures."""
    print(f"# {os.cpu_count()} cores; reference: {FFMPEG or 'PyAV'}")
    hours = {kind: hour(kind) for kind in KINDS}
    with tempfile.TemporaryDirectory(prefix="xueliang-bench-") as place:
        bench_clip(hours["cfr"], Path(place))
        for kind, source in hours.items():
            bench_snapshots(kind, source, Path(place))


if __name__ == "__main__":
    main()
