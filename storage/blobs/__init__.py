"""Where footage is kept: one contract, a directory or a bucket behind it."""

from storage.blobs.base import CHUNK_BYTES, BlobStore
from storage.blobs.spool import Blob
from storage.blobs.urls import open_store

__all__ = ["CHUNK_BYTES", "Blob", "BlobStore", "open_store"]
