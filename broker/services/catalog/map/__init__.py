"""The map: an index of all points in memory, and what is drawn and counted from it."""
