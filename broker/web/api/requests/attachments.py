"""Papers of a request: attached as a form, handed back as files that no browser opens by itself."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Form, Response, UploadFile
from fastapi.responses import StreamingResponse
from pydantic import Field

from broker.domain.ids import AttachmentId, RequestId
from broker.domain.requests.attachments import Attachment
from broker.services.people.names import Known
from broker.web.deps import BrokerDep, CallerDep, Reading, ReadingDep
from broker.web.middleware import MEBIBYTE
from broker.web.refs import PersonRef
from broker.web.routes import OnceRoute
from broker.web.values import In, Out

router = APIRouter(tags=["attachments"], route_class=OnceRoute)

NO_PAGE = "default-src 'none'; sandbox; frame-ancestors 'none'"
"""Whatever a paper holds, a browser that shows it all the same lets it do nothing."""


class AttachmentIn(In):
    """A paper in a file."""

    file: Annotated[UploadFile, Field(description="PDF, JPEG, PNG. 附件文件。")]


class AttachmentOut(Out):
    """A paper; `digest` is the SHA-256 of its bytes."""

    id: UUID
    request: UUID
    name: str
    media_type: str
    size: int
    digest: str
    uploaded_by: PersonRef
    at: datetime

    @classmethod
    def of(cls, paper: Attachment, known: Known) -> Self:
        return cls(
            id=paper.id, request=paper.request_id, name=paper.name, media_type=paper.media_type, size=paper.size,
            digest=paper.digest, uploaded_by=PersonRef.named(paper.uploaded_by, known), at=paper.at,
        )  # fmt: skip


class AttachmentsOut(Out):
    """The papers of one request, oldest first; a setting bounds how many there can be."""

    items: list[AttachmentOut]


def shown(papers: Sequence[Attachment], reading: Reading) -> list[AttachmentOut]:
    """Return papers, who attached them looked up together."""
    known = reading.known(persons={paper.uploaded_by for paper in papers})
    return [AttachmentOut.of(paper, known) for paper in papers]


@router.post("/access-requests/{key}/attachments", status_code=201)
def attach_file(
    key: UUID, body: Annotated[AttachmentIn, Form(media_type="multipart/form-data")], caller: CallerDep,
    broker: BrokerDep, reading: ReadingDep,
) -> AttachmentOut:  # fmt: skip
    """为起草或退回补正中的申请上传附件。Attach a paper to a draft or a returned request."""
    content = body.file.file.read(broker.settings.attachment_mb * MEBIBYTE + 1)  # one byte too many is told as such
    return shown([broker.attachments.add(caller, RequestId(key), body.file.filename or "", content)], reading)[0]


@router.get("/access-requests/{key}/attachments")
def list_attachments(key: UUID, caller: CallerDep, broker: BrokerDep, reading: ReadingDep) -> AttachmentsOut:
    """列出申请的附件。List the papers of a request."""
    return AttachmentsOut(items=shown(broker.attachments.of_request(caller, RequestId(key)), reading))


@router.get(
    "/attachments/{key}/content",
    response_class=Response,
    responses={200: {"description": "the bytes of the paper", "content": {"application/octet-stream": {}}}},
)
def read_attachment(key: UUID, caller: CallerDep, broker: BrokerDep) -> Response:
    """下载附件。Take a paper away."""
    paper, chunks = broker.attachments.open(caller, AttachmentId(key))
    return StreamingResponse(iter(chunks), media_type=paper.media_type, headers=_headers(paper))


@router.delete("/attachments/{key}", status_code=204)
def remove_attachment(key: UUID, caller: CallerDep, broker: BrokerDep) -> None:
    """在提交之前撤回附件。Take a paper back before the request is handed in."""
    broker.attachments.remove(caller, AttachmentId(key))


def _headers(paper: Attachment) -> dict[str, str]:
    plain, told = f"attachment.{paper.name.rpartition('.')[2]}", quote(paper.name, "")  # RFC 5987 beside a plain name
    return {
        "Content-Length": str(paper.size),
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{told}",
        "Content-Security-Policy": NO_PAGE,
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
        "ETag": f'"{paper.digest}"',
    }
