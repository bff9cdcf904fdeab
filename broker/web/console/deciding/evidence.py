"""What stands beside the buttons: a request as whoever decides on it has to see it, and what became of its parts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from broker.domain.errors import Forbidden
from broker.domain.ids import ItemId, RequestId
from broker.services.requests.moves import OF_CENTER, OF_EMERGENCY, Moves
from broker.web.api.footage import grants
from broker.web.api.requests import attachments, previews, request_views
from broker.web.console.visit import Visit
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

    @property
    def may_decide(self) -> bool:
        """Whether the reader has a word to say on the request as a whole, at its center."""
        return bool(self.may & {*OF_CENTER, *OF_EMERGENCY})

    def may_with(self, item: UUID) -> frozenset[str]:
        return self.moves.items.get(ItemId(item), frozenset())

    @property
    def holders(self) -> Sequence[DepartmentRef]:
        """Which departments have the request now; none once it is over."""
        return self.request.holders


def case_of(visit: Visit, key: UUID) -> Case:
    """Return a request the caller may know of; what the caller may not see of it is left out.

    Raises:
        Unknown: there is none, or the caller may not know of it.
    """
    request = request_views.whole(visit.broker.access_requests.read(visit.caller, RequestId(key)), visit.reading)
    named = _names(visit, request)
    return Case(
        request=request,
        moves=visit.broker.inbox.moves(visit.caller, RequestId(key)),
        basis=named.get("basis", request.purpose.basis),
        matter=named.get("matter", request.purpose.matter),
        findings=_findings(visit, key),
        papers=_papers(visit, key),
        grants=_grants(visit, key),
    )


def _names(visit: Visit, request: request_views.RequestOut) -> Mapping[str, str]:
    """Return what basis and matter are called in the version of the rules that the request goes by."""
    try:
        rules = visit.broker.rulebooks.read(visit.caller, request.rulebook).rules.purpose
    except Forbidden:
        return {}
    english = visit.reading.language == "en"
    basis = next((it for it in rules.bases if it.code == request.purpose.basis), None)
    matter = next((it for it in rules.matters if it.code == request.purpose.matter), None)
    found = {"basis": basis, "matter": matter}
    return {name: it.name_en if english else it.name for name, it in found.items() if it is not None}


def _findings(visit: Visit, key: UUID) -> list[previews.FindingOut]:
    try:
        found = visit.broker.findings.of(visit.caller, RequestId(key))
    except Forbidden:  # for those who decide and audit
        return []
    known = visit.reading.known(cameras={camera for finding in found for camera in finding.cameras})
    return previews.shown(found, known, visit.reading.language)


def _papers(visit: Visit, key: UUID) -> list[attachments.AttachmentOut]:
    try:
        return attachments.shown(visit.broker.attachments.of_request(visit.caller, RequestId(key)), visit.reading)
    except Forbidden:
        return []


def _grants(visit: Visit, key: UUID) -> list[grants.GrantOut]:
    try:
        found = visit.broker.grants.page(visit.caller, request=RequestId(key), after=None, limit=MOST_GRANTS)
    except Forbidden:
        return []
    return grants.shown(found, visit.reading)
