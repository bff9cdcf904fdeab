"""An RTSP server of GStreamer's for the tests; run by the system's Python, which has the bindings.

    /usr/bin/python3 gst_server.py RECORDING.mp4 2026-01-01T19:04:00Z

It prints its port and serves until its standard input ends:

    /replay   the recording as ONVIF replays one: `Range: clock=`, `Rate-Control: no`, each picture with its instant
    /vod      the same file by `Range: npt=`
    /live     the file from its beginning, as a camera would send it: nothing can be sought
    /sound    the recording with a tone beside it, in G.711
    /private  as /vod, for `viewer` with the password `s3cret-words`; Digest and Basic
"""

# ruff: noqa: ANN001, ANN201, ARG002, T201
# mypy: ignore-errors
# Run by another Python, with bindings that have no types; it prints its ports.

import datetime as dt
import sys
import threading

import gi

for name in ("Gst", "GstRtsp", "GstRtspServer"):
    gi.require_version(name, "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

Gst.init(None)  # before the classes below: they are made of its types

SECOND = 1_000_000_000
UNIX_IN_NTP = 2_208_988_800
FILE = "filesrc location={file} ! qtdemux ! h264parse"
PAY = "rtph264pay name={pay} pt=96 config-interval=-1"
TONE = "audiotestsrc num-buffers=400 samplesperbuffer=160 ! audio/x-raw,rate=8000 ! alawenc ! rtppcmapay name=pay1"


def seconds_of(time, day):
    """Return seconds since 1970 of a time of `clock=`."""
    moment = dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC)
    return moment.timestamp() + time.seconds


class ReplayMedia(GstRtspServer.RTSPOnvifMedia):
    """A recording whose first picture is of the instant `begin`."""

    begin = 0.0

    def do_convert_range(self, told, unit):
        if told.unit == unit:
            return True
        if unit == GstRtsp.RTSPRangeUnit.CLOCK:
            for time, day in ((told.min, told.min2), (told.max, told.max2)):
                if time.type == GstRtsp.RTSPTimeType.SECONDS:
                    moment = dt.datetime.fromtimestamp(self.begin + time.seconds, dt.UTC)
                    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
                    time.type, time.seconds = GstRtsp.RTSPTimeType.UTC, (moment - midnight).total_seconds()
                    day.year, day.month, day.day = moment.year, moment.month, moment.day
        else:
            for time, day in ((told.min, told.min2), (told.max, told.max2)):
                if time.type == GstRtsp.RTSPTimeType.UTC:
                    time.type, time.seconds = GstRtsp.RTSPTimeType.SECONDS, seconds_of(time, day) - self.begin
        told.unit = unit
        return True


class ReplayFactory(GstRtspServer.RTSPOnvifMediaFactory):
    """Makes replays; each picture says its instant in the extension header of ONVIF."""

    def do_create_element(self, url):
        offset = int((ReplayMedia.begin + UNIX_IN_NTP) * SECOND)
        stamp = f"rtponviftimestamp set-t-bit=true ntp-offset={offset}"
        # The server looks for a payloader called pay0, or for one within a bin called so.
        coder = Gst.parse_bin_from_description(f"{PAY.format(pay='coder')} ! {stamp}", True)
        coder.set_name("pay0")
        made = Gst.parse_launch(f"( {FILE.format(file=RECORDING)} name=last )")
        made.add(coder)
        made.get_by_name("last").link(coder)
        return made


def factory(kind, launch="", media=None, shared=False):
    made = kind()
    if launch:
        made.set_launch(f"( {launch} )")
    if media:
        made.set_media_gtype(media.__gtype__)
    made.set_shared(shared)
    return made


def private(made):
    """Let only `viewer` in."""
    permissions = GstRtspServer.RTSPPermissions()
    permissions.add_permission_for_role("viewer", "media.factory.access", True)
    permissions.add_permission_for_role("viewer", "media.factory.construct", True)
    made.set_permissions(permissions)
    return made


def guarded(server):
    """Know the one user; everybody else is anonymous and may do nothing but look at the open mounts."""
    auth = GstRtspServer.RTSPAuth()
    auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "viewer")
    auth.add_digest("viewer", "s3cret-words", token)
    server.set_auth(auth)


def main():
    plain = GstRtspServer.RTSPMediaFactory
    mine = f"{FILE.format(file=RECORDING)} ! {PAY.format(pay='pay0')}"
    server = GstRtspServer.RTSPOnvifServer.new()
    server.set_address("127.0.0.1")
    server.set_service("0")
    mounts = server.get_mount_points()
    replay = factory(ReplayFactory, media=ReplayMedia)
    replay.set_replay_support(True)
    mounts.add_factory("/replay", replay)
    mounts.add_factory("/vod", factory(plain, mine))
    mounts.add_factory("/live", factory(plain, mine.replace("! rtph264pay", "! identity sync=true ! rtph264pay")))
    mounts.add_factory("/sound", factory(plain, f"{mine}  {TONE}"))
    server.attach(None)

    locked = GstRtspServer.RTSPServer.new()
    locked.set_address("127.0.0.1")
    locked.set_service("0")
    guarded(locked)
    locked.get_mount_points().add_factory("/private", private(factory(plain, mine)))
    locked.attach(None)
    print(server.get_bound_port(), locked.get_bound_port(), flush=True)
    loop = GLib.MainLoop()
    threading.Thread(target=lambda: (sys.stdin.read(), loop.quit()), daemon=True).start()
    loop.run()


if __name__ == "__main__":
    RECORDING = sys.argv[1]
    ReplayMedia.begin = dt.datetime.fromisoformat(sys.argv[2]).timestamp()
    main()
