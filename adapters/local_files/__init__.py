"""A folder of video files as a source: what a recorder, an export or a colleague left on a disk."""

from adapters.local_files.adapter import LocalFilesAdapter

__all__ = ["LocalFilesAdapter"]
