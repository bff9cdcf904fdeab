"""What stands beside the buttons: a request as whoever decides on it has to see it, and what became of its parts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from broker.bootstrap import Broker
from broker.domain.errors import Forbidden
from broker.domain.ids import ItemId, RequestId
from broker.domain.people.accounts import Caller
from broker.services.requests.moves import Moves
from broker.web.api.footage import grants
from broker.web.api.requests import attachments, previews, request_views
from broker.web.deps import Reading
from broker.web.refs import DepartmentRef

MOST_GRANTS = 50


@dataclass(frozen=True)
class Case:
    """One request as this reader may see it, with all that belongs beside it."""

    request: request_views.RequestOut
    moves: Moves
    basis: str
    matter: str
    findings: Sequence[previews.FindingOut]
    papers: Sequence[attachments.AttachmentOut]
    grants: Sequence[grants.GrantOut]

    @property
    def may(self) -> frozenset[str]:
        return self.moves.request

    def may_with(self, item: UUID) -> frozenset[str]:
        return self.moves.items.get(ItemId(item), frozenset())

    @property
    def holders(self) -> Sequence[DepartmentRef]:
        """Which departments have the request now; none once it is over."""
        return self.request.holders


def case_of(broker: Broker, caller: Caller, reading: Reading, key: UUID) -> Case:
    """Return a request the caller may know of; what the caller may not see of it is left out.

    Raises:
        Unknown: there is none, or the caller may not know of it.
    """
    request = request_views.whole(broker.access_requests.read(caller, RequestId(key)), reading)
    named = _names(broker, caller, reading.language, request)
    return Case(
        request=request,
        moves=broker.inbox.moves(caller, RequestId(key)),
        basis=named.get("basis", request.purpose.basis),
        matter=named.get("matter", request.purpose.matter),
        findings=_findings(broker, caller, reading, key),
        papers=_papers(broker, caller, reading, key),
        grants=_grants(broker, caller, reading, key),
    )


def _names(broker: Broker, caller: Caller, language: str, request: request_views.RequestOut) -> Mapping[str, str]:
    """Return what basis and matter are called in the version of the rules that the request goes by."""
    try:
        rules = broker.rulebooks.read(caller, request.rulebook).rules.purpose
    except Forbidden:
        return {}
    english = language == "en"
    basis = next((it for it in rules.bases if it.code == request.purpose.basis), None)
    matter = next((it for it in rules.matters if it.code == request.purpose.matter), None)
    found = {"basis": basis, "matter": matter}
    return {name: it.name_en if english else it.name for name, it in found.items() if it is not None}


def _findings(broker: Broker, caller: Caller, reading: Reading, key: UUID) -> list[previews.FindingOut]:
    try:
        found = broker.findings.of(caller, RequestId(key))
    except Forbidden:  # for those who decide and audit
        return []
    known = reading.known(cameras={camera for finding in found for camera in finding.cameras})
    return previews.shown(found, known, reading.language)


def _papers(broker: Broker, caller: Caller, reading: Reading, key: UUID) -> list[attachments.AttachmentOut]:
    try:
        return attachments.shown(broker.attachments.of_request(caller, RequestId(key)), reading)
    except Forbidden:
        return []


def _grants(broker: Broker, caller: Caller, reading: Reading, key: UUID) -> list[grants.GrantOut]:
    try:
        found = broker.grants.page(caller, request=RequestId(key), after=None, limit=MOST_GRANTS)
    except Forbidden:
        return []
    return grants.shown(found, reading)
