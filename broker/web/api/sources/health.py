"""Health, for whoever watches the program: no sign-in, and nothing told but yes or no."""

from typing import Literal

from fastapi import APIRouter

from broker.bootstrap import Broker
from broker.domain.errors import BrokerError, Unavailable
from broker.web.deps import BrokerDep
from broker.web.routes import StrictRoute
from broker.web.values import Out

router = APIRouter(prefix="/health", tags=["health"], route_class=StrictRoute)

NO_BLOB = "0" * 64


class HealthOut(Out):
    """All is well; what is not comes as a problem."""

    status: Literal["ok"] = "ok"


@router.get("/live")
async def live() -> HealthOut:
    """程序在运行。Say that the program runs."""
    return HealthOut()


@router.get("/ready")
def ready(broker: BrokerDep) -> HealthOut:
    """数据库和存储都可用。Say that database and blob store answer."""
    try:
        ask(broker)
    except BrokerError as error:
        raise Unavailable("not-ready", cause=error) from error
    return HealthOut()


def ask(broker: Broker) -> None:
    """Ask both in the cheapest way there is, since anybody may call this.

    Raises:
        Unavailable: one of them does not answer.
    """
    with broker.work() as work:
        work.idempotency.find("health", "health", work.now)
    broker.blobs.exists(NO_BLOB)
