"""Order an evidence package and wait for it."""

import time
from collections.abc import Sequence
from typing import Any

from broker.cli.client.server import Server
from broker.domain.errors import Forbidden, Unavailable

POLL = 0.25  # seconds between two looks at an order
RUNNING = frozenset({"QUEUED", "BUILDING"})
ENDED_WELL = frozenset({"READY", "DELIVERED"})

Record = dict[str, Any]


def order_package(server: Server, retrievals: Sequence[str]) -> Record:
    """Order a package of results."""
    ordered: Record = server.post("/packages", {"retrievals": list(retrievals)})
    return ordered


def wait_for_package(server: Server, package: Record) -> Record:
    """Follow an order to its end and return it then.

    Raises:
        Unavailable: it could not be made; the server says why.
        Forbidden: the grant ended meanwhile.
    """
    while package["state"] in RUNNING:
        time.sleep(POLL)
        package = server.get(f"/packages/{package['id']}")
    if package["state"] in ENDED_WELL:
        return package
    told = package["error"] or {"slug": "no-package", "detail": ""}
    kind = Forbidden if package["state"] == "ABORTED" else Unavailable
    raise kind(told["slug"], said=told["detail"])
