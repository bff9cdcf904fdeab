"""motionEye 0.44 and later, by the interface of its own pages."""

from adapters.motioneye.adapter import MotionEyeAdapter

__all__ = ["MotionEyeAdapter"]
