"""How sealed copies end: in the transaction of whatever took the ground from them, their key first."""

from broker.domain.footage.escrows import destroy, fallen
from broker.domain.permits import Permit
from broker.domain.requests.access_requests import AccessRequest
from storage.db.unit_of_work import UnitOfWork


def end_fallen(work: UnitOfWork, permit: Permit, request: AccessRequest) -> int:
    """Take the keys of all copies for which nobody can decide any more and no grant stands; returns how many.

    From the commit on nobody can open them. Their bytes are erased by the next tick of the clock.
    """
    still = work.escrows.of_request(request.id, still=True, lock=True)
    if not still:
        return 0
    grants = work.grants.of_request(request.id)
    ended = [
        (escrow, destroy(escrow, reason, work.now))
        for escrow in still
        if (reason := fallen(escrow, request, grants, work.now))
    ]
    for escrow, change in ended:  # one a line of the request at most
        work.escrows.save(escrow, change.after)
    work.audit.append(permit, [entry for _, change in ended for entry in change.entries], case=request.id)
    return len(ended)
