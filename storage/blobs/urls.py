"""The address of a blob store, as an operator writes it."""

import re
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from broker.domain.errors import Invalid
from storage.blobs.base import BlobStore
from storage.blobs.disk import DiskStore

ALLOWED = "file:///PATH, s3://KEY:SECRET@HOST[:PORT]/BUCKET[?secure=false&region=NAME&authorities=FILE&create=true]"
ENDPOINT = re.compile(r"([A-Za-z0-9.-]+|\[[0-9a-fA-F:.]+\])(:[0-9]{1,5})?")
OPTIONS = {"secure", "region", "authorities", "create"}
FLAGS = {"true": True, "false": False}


class AddressError(ValueError):
    """The name of the part of an address that is wrong, and nothing of what stands there."""


def open_store(url: str, *, directory: Path) -> BlobStore:
    """The store at an address.

    Args:
        url: as in ALLOWED, special characters of KEY and SECRET written as %XX; empty for a directory in `directory`.
        directory: the program's own, for a store that is not elsewhere, and for content that waits to be uploaded.

    Raises:
        Invalid: `blob-store-url`; the address is not repeated, since it may hold a secret.
        Unavailable: what the store raises when it starts; a server is not asked before the first use.
    """
    if not url:
        return DiskStore(directory / "blobs")
    try:
        parts = urlsplit(url)
        if parts.scheme == "file":
            return DiskStore(_file_path(parts))
        if parts.scheme == "s3":
            return _s3_store(parts, directory / "spool")
        raise AddressError("scheme")
    except ValueError as error:
        part = str(error) if isinstance(error, AddressError) else "host"
        raise Invalid("blob-store-url", part=part, allowed=ALLOWED) from None  # the cause may quote the secret


def _file_path(parts: SplitResult) -> Path:
    path = Path(unquote(parts.path))
    if parts.netloc not in {"", "localhost"} or not path.is_absolute() or parts.query or parts.fragment:
        raise AddressError("path")
    return path


def _s3_store(parts: SplitResult, spool: Path) -> BlobStore:
    # Not before it is needed: the client takes more than half a second to import.
    from storage.blobs.s3 import S3Place, S3Store, is_bucket_name  # noqa: PLC0415  # see above

    bucket = parts.path.strip("/")
    if not (parts.username and parts.password):
        raise AddressError("key")
    endpoint = parts.netloc.rpartition("@")[2]
    if not ENDPOINT.fullmatch(endpoint) or parts.port == 0:  # asking for the port refuses one that is too large
        raise AddressError("host")
    if not is_bucket_name(bucket):
        raise AddressError("bucket")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    if options.keys() - OPTIONS or parts.fragment:
        raise AddressError("options")
    place = S3Place(
        endpoint=endpoint,
        bucket=bucket,
        access_key=unquote(parts.username),
        secret_key=unquote(parts.password),
        secure=_flag(options, "secure", default=True),
        region=options.get("region", "us-east-1"),
        authorities=Path(options["authorities"]) if "authorities" in options else None,
        create=_flag(options, "create", default=False),
    )
    return S3Store(place, spool=spool)


def _flag(options: dict[str, str], name: str, *, default: bool) -> bool:
    if name not in options:
        return default
    if options[name] not in FLAGS:
        raise AddressError(name)
    return FLAGS[options[name]]
