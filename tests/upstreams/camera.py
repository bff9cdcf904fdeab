"""A camera for real recorders: a street with the time in every frame, as H.264 in MPEG-TS to a port of UDP, for ever.

    python -m tests.upstreams.camera 5600

Each frame carries its number and its instant as a bar code, so that what a recorder hands out later can be held
against the time at which it really was.
"""

import sys
import time
from datetime import UTC, datetime, timedelta

import av
from av.video.frame import VideoFrame

from adapters.media.planes import view
from adapters.media.street import Street

FPS, SIZE, GOP_SECONDS = 10, (320, 180), 4
ORDER = (
    f"keyint={GOP_SECONDS * FPS}:min-keyint={GOP_SECONDS * FPS}:scenecut=0:bframes=0:qp=28:threads=1:repeat-headers=1"
)


def main(port: int, name: str) -> None:
    frame = VideoFrame(*SIZE, "yuv420p")
    luma, blue, red = (view(plane) for plane in frame.planes)
    street = Street(name, name, (luma, blue, red))
    address = f"udp://127.0.0.1:{port}?pkt_size=1316"
    with av.open(address, "w", format="mpegts") as container:
        stream = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        stream.codec_context.options = {"preset": "ultrafast", "tune": "zerolatency", "x264-params": ORDER}
        # Not at a whole second: a recorder that writes whole seconds would seem exact.
        begin, number = time.time() // 1 + 1.3, 0
        while True:
            due = begin + number / FPS
            time.sleep(max(due - time.time(), 0))
            street.paint(number, datetime.fromtimestamp(begin, UTC) + timedelta(seconds=number) / FPS)
            frame.pts = number
            container.mux(stream.encode(frame))
            number += 1


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "street")
