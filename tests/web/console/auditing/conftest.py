"""A case that auditors look at."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from broker.bootstrap import Broker
from broker.domain.ids import RetrievalId
from tests.city import City
from tests.services.looks import made_ready
from tests.web.door import Door
from tests.web.steps import BEGIN, bind, granted

ORDER = {"action": "snapshot", "instant": (BEGIN + timedelta(minutes=1)).isoformat()}


@pytest.fixture
def told(broker: Broker, city: City, plain_door: Door) -> Any:
    """Walk one request from its draft to the revocation, with a look that was allowed and two that were refused."""
    bind(broker, city, "/nowhere")
    grant = granted(plain_door, city)
    camera = grant["lines"][0]["camera"]["id"]
    retrieval = plain_door["looker"].post("/retrievals", {**ORDER, "camera": camera})["id"]
    with broker.work() as work:
        ordered = work.retrievals.load(RetrievalId(UUID(retrieval)))
    made_ready(broker, ordered)
    plain_door["looker2"].send("POST", "/retrievals", {**ORDER, "camera": camera})
    elsewhere = str(city.cameras_of("dh-jt")[0].id)
    plain_door["looker"].send("POST", "/retrievals", {**ORDER, "camera": elsewhere})
    plain_door["owner.cg"].post(f"/grants/{grant['id']}/revoke", {"reason": "the matter is settled"})
    request = plain_door["asker"].get(f"/access-requests/{grant['request']}")
    return {"grant": grant, "request": request, "camera": camera, "retrieval": retrieval}
