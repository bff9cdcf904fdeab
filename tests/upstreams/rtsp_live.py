"""What comes to a port of UDP as MPEG-TS, served by RTSP: rtsp_live.py RTSP_PORT UDP_PORT. For the system's Python."""
# mypy: ignore-errors

import sys

import gi

for name in ("Gst", "GstRtspServer"):
    gi.require_version(name, "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

Gst.init(None)
server, factory = GstRtspServer.RTSPServer(), GstRtspServer.RTSPMediaFactory()
server.set_address("127.0.0.1")
server.set_service(sys.argv[1])
factory.set_launch(
    f"udpsrc port={sys.argv[2]} ! tsdemux latency=50 ! h264parse ! rtph264pay name=pay0 pt=96 config-interval=-1"
)
factory.set_shared(True)
server.get_mount_points().add_factory("/live", factory)
server.attach(None)
sys.stdout.write("serving\n")
sys.stdout.flush()
GLib.MainLoop().run()
