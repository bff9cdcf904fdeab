"""Papers of a request that is being written: attached on the first step, taken back there."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from starlette.datastructures import UploadFile

from broker.domain.errors import Invalid
from broker.domain.ids import AttachmentId, RequestId
from broker.web.console.applying.frame import Desk
from broker.web.console.applying.matter import STEP, page
from broker.web.console.requester import REQUESTS
from broker.web.console.routes import OncePageRoute, UploadPageRoute, upload_of
from broker.web.console.visit import VisitDep
from broker.web.middleware import MEBIBYTE

PREFIX = f"{REQUESTS}/{{key}}/apply/papers"

router = APIRouter(prefix=PREFIX, route_class=UploadPageRoute)
removing = APIRouter(prefix=PREFIX, route_class=OncePageRoute)

Upload = Annotated[UploadFile | None, Depends(upload_of)]


@router.post("")
def attach_paper(key: UUID, file: Upload, visit: VisitDep) -> Response:
    """上传附件。Attach a paper."""
    desk = Desk(visit, key, STEP)

    def act() -> None:
        if file is None:
            raise Invalid("field-empty", pointer="/file")
        content = file.file.read(
            visit.broker.settings.attachment_mb * MEBIBYTE + 1
        )  # one byte too many is told as such
        visit.broker.attachments.add(visit.caller, RequestId(key), file.filename or "", content)

    return visit.carry_out(
        act, to=f"{desk.place}#papers", said="paper-attached", again=lambda refusal: page(desk, refusal)
    )


@removing.post("/{item}/remove")
def remove_paper(key: UUID, item: UUID, visit: VisitDep) -> Response:
    """撤下附件。Take a paper back."""
    desk = Desk(visit, key, STEP)
    return visit.carry_out(
        lambda: visit.broker.attachments.remove(visit.caller, AttachmentId(item)), to=f"{desk.place}#papers",
        said="paper-removed", again=lambda refusal: page(desk, refusal),
    )  # fmt: skip
