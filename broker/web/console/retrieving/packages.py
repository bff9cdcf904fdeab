"""Evidence packages: what was ordered, what is in each, and the file to take away."""

from uuid import UUID

from fastapi import APIRouter, Response

from broker.domain.footage.packages import BUILDABLE, COMPLETE
from broker.domain.ids import GrantId, PackageId, RetrievalId
from broker.web.api.footage.packages import PackageOut
from broker.web.api.footage.retrievals import shown
from broker.web.console.routes import OncePageRoute
from broker.web.console.visit import VisitDep
from broker.web.paging import ById

router = APIRouter(prefix="/packages", route_class=OncePageRoute)


@router.get("")
def list_packages(visit: VisitDep, window: ById) -> Response:
    """列出本人的证据包，新的在前。List one's own evidence packages, the newest first."""
    after = None if window.after is None else PackageId(window.after)
    found = visit.broker.packages.page(visit.caller, after=after, limit=window.wanted)
    page = window.page(found, lambda it: it.id, lambda some: [PackageOut.of(it, visit.reading.language) for it in some])
    return visit.show(
        "retrieving/packages", page=page, window=window, under_way=any(it.state in BUILDABLE for it in found),
        verifies=visit.may("package:verify"),
    )  # fmt: skip


@router.get("/{key}")
def show_package(key: UUID, visit: VisitDep) -> Response:
    """查看一个证据包。One package: what is in it, its digest, who signed it, and the file."""
    it = PackageOut.of(visit.broker.packages.read(visit.caller, PackageId(key)), visit.reading.language)
    inside = shown(
        visit.broker.retrievals.read_many(visit.caller, [RetrievalId(each) for each in it.retrievals]), visit.reading
    )
    looks = visit.broker.grants.read(visit.caller, GrantId(it.grant)).hands_over(visit.reading.now)
    return visit.show(
        "retrieving/package", it=it, inside=inside, takes=looks and it.state in COMPLETE,
        under_way=it.state in BUILDABLE, complete=it.state in COMPLETE,
    )  # fmt: skip


@router.get("/{key}/verification")
def verify_package(key: UUID, visit: VisitDep) -> Response:
    """核验证据包：有无增减改动，由谁签名。Check a package: nothing added, missing or changed, and who signed."""
    it = PackageOut.of(visit.broker.packages.read(visit.caller, PackageId(key)), visit.reading.language)
    found = visit.broker.package_checks.check(visit.caller, PackageId(key))
    return visit.show("retrieving/verification", it=it, found=found, at=visit.reading.now)
