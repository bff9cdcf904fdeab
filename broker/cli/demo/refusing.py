"""Act six: what the server refuses, each time with the reason that the person reads; then a revocation."""

from collections.abc import Callable

import httpx

from broker.cli.client.orders import order_clip, order_snapshot, wait_for
from broker.cli.client.server import Server
from broker.cli.demo.case import Case
from broker.cli.demo.players import Players
from broker.cli.demo.stage import Stage
from broker.cli.texts import explain, tell
from broker.demo.people import CONSENTING, LOOKER, OTHER_LOOKER
from broker.domain.errors import Forbidden

RECEIVE_BUFFER = 16 * 1024
"""What the kernel takes in for a reader who pauses: little, so that the rest is still the server's to hold back."""

TASTE = 64 * 1024
ENOUGH = 1024 * 1024
"""A result smaller than this lies whole in the kernels' buffers before anybody could revoke anything."""


def refuse(stage: Stage, players: Players, case: Case) -> None:
    """Try what the grant does not allow."""
    first, second, third, _ = (camera["id"] for camera in case.cameras)
    plan = case.plan
    _refused(stage, "person", lambda: order_clip(players[OTHER_LOOKER], first, plan.clip), "footage-person")
    _refused(stage, "camera", lambda: order_clip(players[LOOKER], third, plan.approved[2]), "footage-")
    outside = plan.outside.isoformat()
    _refused(stage, "window", lambda: order_snapshot(players[LOOKER], second, outside), "footage-window")


def revoke_in_the_middle(stage: Stage, players: Players, case: Case) -> None:
    """Let the owner revoke while a download runs, and show that neither it nor anything after it goes on."""
    server = players[LOOKER]
    first, second = case.cameras[0]["id"], case.cameras[1]["id"]
    long = wait_for(server, order_clip(server, first, case.plan.interrupted))
    path, size = f"/retrievals/{long['id']}/media", long["result"]["size"]
    if size < ENOUGH:
        stage.narrate("too-small", size=size)
        _revoke(stage, players, case)
    else:
        came = _interrupted(stage, players, case, path)
        stage.promise(came < size, "not-interrupted", size=size)
        stage.narrate("interrupted", came=came, size=size)
    _refused(stage, "again", lambda: _open(server, path), "footage-live")
    _refused(stage, "later", lambda: order_snapshot(server, second, case.plan.snapshot.isoformat()), "footage-live")


def _interrupted(stage: Stage, players: Players, case: Case, path: str) -> int:
    """Begin a download, revoke in its middle, and return how many bytes came in all."""
    came = 0
    with players.fresh(LOOKER, receive_buffer=RECEIVE_BUFFER) as slow:
        try:
            with slow.stream(path, {}) as response:
                for chunk in response.iter_raw(TASTE):
                    if not came:
                        _revoke(stage, players, case)
                    came += len(chunk)
        except httpx.TransportError:
            pass  # cut off: that is the point
    return came


def _open(server: Server, path: str) -> None:
    with server.stream(path, {}):
        pass


def _revoke(stage: Stage, players: Players, case: Case) -> None:
    reason = tell("demo.revocation")
    case.grant = players[CONSENTING].post(f"/grants/{case.grant['id']}/revoke", {"reason": reason})
    stage.promise(case.grant["state"] == "REVOKED", "wrong-state", state=case.grant["state"])
    stage.narrate("revoked", department=case.grant["department"]["name"], reason=reason)


def _refused(stage: Stage, slug: str, act: Callable[[], object], expected: str) -> None:
    """Do what must be refused, and tell the reason in the words of the server."""
    try:
        act()
    except Forbidden as error:
        stage.promise(error.slug.startswith(expected), "wrong-reason", expected=expected, found=error.slug)
        stage.narrate(f"try.{slug}")
        stage.show(f"→ {explain(error)}")
    else:
        stage.promise(kept=False, slug="not-refused", what=tell(f"demo.try.{slug}"))
