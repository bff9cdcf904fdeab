"""Which questions to the API each page about one thing is the same as: written by hand, the path of a page first."""

from typing import NamedTuple


class Looked(NamedTuple):
    """A page about a thing, and what the API is asked for the same, one after the other; the first no counts.

    `listed`: the API tells it in a list, and the page is there for whom the thing stands in it. `goes_on`: whether
    the page may send a reader who knows of the thing on to another one, as it has nothing for that reader.
    `not_yet`: what the API says of one that cannot be worked on now is 409, and so may the page.
    """

    page: str
    kind: str
    api: tuple[str, ...]
    method: str = "GET"
    listed: bool = False
    goes_on: bool = False
    not_yet: bool = False


REQUEST, GRANT, SOURCE = "/access-requests/{request}", "/grants/{grant}", "/sources/{source}"
RETRIEVAL, PACKAGE = "/retrievals/{retrieval}", "/packages/{package}"
STEPS = ("matter", "cameras", "times", "terms", "check")

LOOKED = (
    Looked("/requests/{request}", "request", (REQUEST,)),
    Looked("/requests/{request}/cameras.geojson", "request", (REQUEST,)),
    Looked("/requests/{request}/decision", "request", (REQUEST,), goes_on=True),
    Looked("/requests/{request}/items/{item}", "item", (REQUEST,), listed=True, goes_on=True),
    *(Looked(f"/requests/{{request}}/apply/{step}", "request", (REQUEST,), "PUT", goes_on=True) for step in STEPS),
    Looked("/requests/{request}/apply/cameras.geojson", "request", (REQUEST,), "PUT"),
    Looked("/grants/{grant}", "grant", (GRANT,)),
    Looked("/grants/{grant}/retrievals", "grant", (GRANT, "/retrievals?grant={grant}")),
    Looked("/grants/{grant}/retrieve", "grant", (GRANT,), goes_on=True),
    Looked("/retrievals/{retrieval}", "retrieval", (RETRIEVAL,)),
    Looked("/compare?retrieval={retrieval}", "retrieval", ("/retrievals", RETRIEVAL)),
    Looked("/packages/{package}", "package", (PACKAGE,)),
    Looked("/packages/{package}/verification", "package", (PACKAGE,), not_yet=True),
    Looked("/cameras/{camera}", "camera", ("/cameras/{camera}",)),
    Looked("/sources/{source}", "source", (SOURCE,)),
    Looked("/sources/{source}/edit", "source", (SOURCE,), "PATCH"),
    Looked("/sources/{source}/history", "source", (f"{SOURCE}/health",)),
    Looked("/sources/{source}/clock", "source", (f"{SOURCE}/clock",)),
    Looked("/sources/{source}/reconciliations", "source", (f"{SOURCE}/reconciliations",)),
    Looked("/people/{person}", "person", ("/persons/{person}/identities",)),
    Looked("/departments/{department}", "department", ("/departments?limit=200",), listed=True),
    Looked("/holds/{hold}", "hold", ("/holds/{hold}",)),
    Looked("/holds/on-request/{request}", "request", (f"{REQUEST}/hold",), "POST"),
    Looked("/holds/on-result/{retrieval}", "retrieval", (f"{RETRIEVAL}/hold",), "POST"),
    Looked("/escrow/{request}", "request", (f"{REQUEST}/escrow",)),
    Looked("/locks/{lock}", "lock", ("/locks/{lock}",)),
    Looked("/trace/requests/{request}", "request", (REQUEST, "/audit?stream=access_request/{request}")),
    Looked("/policies/{policy}", "policy", ("/policies/{policy}",)),
    Looked("/webhooks/{webhook}", "webhook", ("/webhooks/{webhook}/deliveries",)),
)

NOT_OF_ONE_THING = {
    "/requests/{key}/apply": "sends on to the first step, whoever asks",
    "/divisions/{division}": "everybody's",
    "/rulebook/versions/{version}": "everybody's",
    "/camera-fields/{field}": "whoever may define one may define all",
    "/adapters/{name}": "whoever may add a source may add any",
    "/map/base/{z}/{x}/{y}": "a picture",
    "/imports/{key}": "held to its writer in tests/web/console/operating",
    "/people/{key}/access": "held to its readers in tests/web/console/administering",
    "/sources/{code}/reconciliations/{key}": "needs a source that was asked: tests/web/console/operating",
}
"""Pages with something in their path that is nobody's in particular, each with its reason."""
