"""The simulated camera `ipycam`, on this machine alone: `python ipycam_camera.py ONVIF_PORT RTSP_PORT`.

It says "ready" and serves until its standard input ends. The user is `viewer`, the password `s3cret-words`.
"""

# mypy: ignore-errors
# It patches a package that is not always here.

import logging
import socketserver
import sys
import threading
import time

import numpy as np
from ipycam import CameraConfig, IPCamera
from ipycam import camera as parts


class _Quiet:
    """In place of the discovery of the whole network, which no test needs."""

    def __init__(self, *_: object) -> None:
        pass

    def start(self) -> None:
        pass

    def stop(self) -> None:
        pass


class _Local(socketserver.ThreadingTCPServer):
    """Listens on this machine alone, where the simulator's own listens to everybody."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, address: tuple[str, int], handler: type) -> None:
        super().__init__(("127.0.0.1", address[1]), handler)


def main() -> None:
    """Serve a moving picture."""
    logging.disable(logging.CRITICAL)
    parts.WSDiscoveryServer = _Quiet
    parts.ReusableThreadingTCPServer = _Local
    native = parts.NativeRTSPServer
    parts.NativeRTSPServer = lambda port: native(port=port, host="127.0.0.1")
    config = CameraConfig(
        local_ip="127.0.0.1",
        onvif_port=int(sys.argv[1]),
        rtsp_port=int(sys.argv[2]),
        username="viewer",
        password="s3cret-words",
        main_width=320,
        main_height=180,
        main_fps=10,
        main_bitrate="500K",
        sub_width=320,
        sub_height=180,
        sub_fps=10,
        hw_accel="cpu",
    )
    camera = IPCamera(config)
    camera.start()
    frame = np.full((180, 320, 3), 90, np.uint8)
    camera.stream(frame)
    print("ready", flush=True)  # noqa: T201 - whoever started this waits for it
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    while not ended.is_set():
        camera.stream(frame)
        time.sleep(0.1)


if __name__ == "__main__":
    main()
