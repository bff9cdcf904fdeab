"""ZoneMinder 1.36 and later, by its web interface."""

from adapters.zoneminder.adapter import ZoneMinderAdapter

__all__ = ["ZoneMinderAdapter"]
