"""The steps of the main path, over HTTP."""

from datetime import UTC, datetime, timedelta
from typing import Any

from broker.bootstrap import Broker, operator
from broker.services.sources.sources import NewSource
from tests.city import City
from tests.web.door import Door

END = datetime.now(UTC).replace(microsecond=0, second=0)
BEGIN = END - timedelta(hours=1)


def span(begin: datetime = BEGIN, end: datetime = END) -> dict[str, str]:
    return {"begin": begin.isoformat(), "end": end.isoformat()}


def form(city: City, *owners: str) -> dict[str, Any]:
    cameras = [camera for owner in owners or ("dh-cg", "dh-jt") for camera in city.cameras_of(owner)]
    return {
        "purpose": {
            "basis": "administrative",
            "matter": "environment",
            "case_number": "东环罚〔2026〕12号",
            "reason": "夜间倾倒渣土，需核对车辆进出时间",
        },
        "investigators": ["looker"],
        "lines": [{"camera": str(camera.id), **span()} for camera in cameras],
    }


def draft(door: Door, city: City, *owners: str) -> Any:
    return door["asker"].post("/access-requests", form(city, *owners))


def submitted(door: Door, city: City, *owners: str) -> Any:
    return door["asker"].post(f"/access-requests/{draft(door, city, *owners)['id']}/submit")


def approved(door: Door, city: City, *owners: str) -> Any:
    request = submitted(door, city, *owners)
    return door["center.dh"].post(f"/access-requests/{request['id']}/approve", {"revision": 1})


def item_of(request: Any, department: str) -> Any:
    return next(item for item in request["items"] if item["department"]["code"] == department)


def granted(door: Door, city: City) -> Any:
    item = item_of(approved(door, city, "dh-cg"), "dh-cg")
    return door["owner.cg"].post(f"/request-items/{item['id']}/authorize", {"revision": 1})


def bind(broker: Broker, city: City, folder: str, owner: str = "dh-cg") -> None:
    """Bind all cameras of a department to channels of a folder."""
    me = operator("tests")
    options = {"folder": folder, "password": "canary-secret"} if folder == "canary" else {"folder": folder}
    broker.sources.add(me, NewSource("archive", "归档", "local_files", options, owner, 2))
    for number, camera in enumerate(city.cameras_of(owner)):
        broker.catalog.bind(me, camera.gb_code or "", "archive", f"cam-{number}")
