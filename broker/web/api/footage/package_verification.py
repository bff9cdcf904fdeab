"""Evidence packages that somebody was handed: brought, checked and forgotten."""

from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Form, Request, Response, UploadFile
from fastapi.concurrency import run_in_threadpool
from pydantic import Field

from broker.web.auth import authenticate
from broker.web.deps import BrokerDep, CallerDep
from broker.web.routes import StrictRoute
from broker.web.texts import tell
from broker.web.values import In, Out
from storage.packages.findings import BROKEN, GOOD, OPEN, Fault, Findings

PLACE = "/packages/verification"
VERDICTS: dict[int, Literal["good", "broken", "open"]] = {GOOD: "good", BROKEN: "broken", OPEN: "open"}


class AskedFirst(StrictRoute):
    """Asks the policy before the file is taken in: a large one of somebody who may not bring it fills the disk."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler: Callable[[Request], Awaitable[Response]] = super().get_route_handler()

        async def asked(request: Request) -> Response:
            await run_in_threadpool(_ask, request)
            return await handler(request)

        return asked


def _ask(request: Request) -> None:
    request.app.state.broker.handed_packages.ask(authenticate(request))


router = APIRouter(prefix="/packages", tags=["packages"], route_class=AskedFirst)


class HandedIn(In):
    """An evidence package as it was handed over."""

    file: Annotated[UploadFile, Field(description="ZIP. 证据包文件。")]


class FoundOut(Out):
    """One thing that a check found, in both languages."""

    slug: str
    facts: dict[str, str]
    zh: str
    en: str

    @classmethod
    def of(cls, family: str, fault: Fault) -> Self:
        slug = f"evidence.{family}.{fault.slug}"
        chinese, english = (tell(slug, language, **fault.facts) for language in ("zh_CN", "en"))
        return cls(slug=fault.slug, facts=fault.facts, zh=chinese, en=english)


class VerdictOut(Out):
    """What a check of a package found.

    `broken`: something does not hold; `open`: no change was found, and not everything could be verified. `name` is what
    the package calls itself, `signer` who signed by the certificate, `signed_at` when by the signer's own word.
    """

    verdict: Literal["good", "broken", "open"]
    name: str
    files: int
    size: int
    signer: str | None
    signed_at: datetime | None
    faults: list[FoundOut]
    unverified: list[FoundOut]
    remarks: list[FoundOut]

    @classmethod
    def of(cls, found: Findings) -> Self:
        return cls(
            verdict=VERDICTS[found.code], name=found.name, files=found.files, size=found.size,
            signer=found.signer or None, signed_at=found.signed_at,
            faults=[FoundOut.of("fault", it) for it in found.faults],
            unverified=[FoundOut.of("unverified", it) for it in found.unverified],
            remarks=[FoundOut.of("remark", it) for it in found.remarks],
        )  # fmt: skip


@router.post("/verification")
def verify_handed_package(
    body: Annotated[HandedIn, Form(media_type="multipart/form-data")], caller: CallerDep, broker: BrokerDep
) -> VerdictOut:
    """核验收到的证据包，不保存。Check an evidence package that you were handed; nothing of it is kept."""
    return VerdictOut.of(broker.handed_packages.check(caller, body.file.file))
