"""Who may write at this desk: every form of it, sent by everybody; whom no role of theirs allows it is refused."""

import pytest
from fastapi.routing import APIRoute

from broker.web.console.operating.wiring import ROUTERS
from tests.web.console.conftest import Enter
from tests.web.routes_of import filled

KEEPERS = {"sysadmin"}
REVIEWERS = {"sysadmin", "owner.cg"}
DECIDERS = {"owner.cg", "center.dh"}
EVERYBODY = ("asker", "looker", "center.dh", "owner.cg", "auditor", "sysadmin", "secadmin")
WRITES = {
    "/adapters/{name}": KEEPERS,
    "/sources/{code}/edit": KEEPERS,
    "/sources/{code}/stop": KEEPERS,
    "/sources/{code}/start": KEEPERS,
    "/sources/{code}/probe": KEEPERS,
    "/sources/{code}/clock": {"sysadmin", "owner.cg"},
    "/sources/{code}/reconciliations": KEEPERS,
    "/sources/{code}/reconciliations/{key}/lines/{position}/{decision}": REVIEWERS,
    "/sources/{code}/reconciliations/{key}/try": REVIEWERS,
    "/sources/{code}/reconciliations/{key}/decide": REVIEWERS,
    "/imports/new": KEEPERS,
    "/imports/{key}/undo": KEEPERS,
    "/imports/{key}/reading": KEEPERS,
    "/imports/{key}/profile": KEEPERS,
    "/imports/{key}/try": KEEPERS,
    "/imports/{key}/start": KEEPERS,
    "/imports/{key}/discard": KEEPERS,
    "/import-profiles/{key}/retire": KEEPERS,
    "/health/targets": KEEPERS,
    "/maintenance": KEEPERS,
    "/maintenance/{key}/end": KEEPERS,
    "/jobs/{number}/retry": KEEPERS,
    "/holds/find": DECIDERS,
    "/holds/on-{what}/{key}": DECIDERS,
    "/holds/{key}/lift": DECIDERS,
}
"""Every write of this desk, and who of these people holds a role that may do such a thing at all."""

FIELDS = {
    "owner": "dh-cg", "department": "dh-cg", "per_mille": "0", "reason": "because", "decision": "accept",
    "kind": "gone", "begins": "2027-01-01T00:00:00", "ends": "2027-01-01T01:00:00", "until": "2027-01-01T00:00:00",
    "sure": "yes", "name": "x", "coordinates": "wgs84", "latitude": "1", "longitude": "1",
}  # fmt: skip


def test_the_list_is_whole() -> None:
    routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    assert {route.path for route in routes if "POST" in (route.methods or ())} == set(WRITES)


@pytest.mark.parametrize("login", EVERYBODY)
def test_who_may_not_is_refused(hall: Enter, login: str) -> None:
    """Nothing that is named exists: who may is told so, or what is wrong with the form; who may not is refused."""
    person = hall(login)
    csrf = dict(person.get("/account").form("/sign-out").fields)["csrf"]
    fields = {name: [value] for name, value in FIELDS.items()}
    for path, allowed in WRITES.items():
        if login in allowed and path in {"/health/targets", "/maintenance"}:
            continue  # these would be carried out; test_keeping.py does
        answer = person.send(filled(path), {"csrf": [csrf], **fields})
        if login in allowed:
            assert answer.status in {404, 422}, (path, answer.status, answer.text[:500])
        else:
            assert answer.status in {403, 404}, (path, answer.status, answer.text[:500])
    landing = person.get("/operating")
    shown = {link for link in landing.links if link in {"/sources", "/imports", "/jobs"}}
    assert shown == ({"/sources", "/imports", "/jobs"} if login == "sysadmin" else set())
