"""Cameras and recorders that speak RTSP: what happens now, and recordings where the server plays them."""

from adapters.rtsp.adapter import RtspAdapter

__all__ = ["RtspAdapter"]
