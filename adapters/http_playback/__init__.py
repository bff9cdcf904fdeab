"""Any web server that lists recordings and hands out a start and a duration of them."""

from adapters.http_playback.adapter import HttpPlaybackAdapter

__all__ = ["HttpPlaybackAdapter"]
