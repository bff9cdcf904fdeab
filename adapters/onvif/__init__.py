"""Cameras and recorders that speak ONVIF: found out what they offer, and what they recorded (Profile G)."""

from adapters.onvif.adapter import OnvifAdapter

__all__ = ["OnvifAdapter"]
