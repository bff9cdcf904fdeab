"""An evidence package that one was handed: brought in a form, and what a check of it finds, on one page."""

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import ValidationError

from broker.domain.errors import BrokerError, Forbidden, Invalid, Unauthenticated
from broker.web.api.footage.package_verification import VerdictOut
from broker.web.auth import SAFE, require_session
from broker.web.console.forms import Refusal, refusal_of
from broker.web.console.routes import PageRoute, UploadDep
from broker.web.console.visit import Visit, VisitDep

PLACE = "/evidence"


class AskedFirstPage(PageRoute):
    """Asks the policy before a file is taken in; the answer is kept nowhere, so that the form may be sent again."""

    files = 1

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler: Callable[[Request], Awaitable[Response]] = super().get_route_handler()

        async def asked(request: Request) -> Response:
            if request.method not in SAFE:
                await run_in_threadpool(_ask, request)
            return await handler(request)

        return asked


def _ask(request: Request) -> None:
    request.app.state.broker.handed_packages.ask(require_session(request))


router = APIRouter(prefix=PLACE, route_class=AskedFirstPage)


@router.get("")
def show_form(visit: VisitDep) -> Response:
    """核验收到的证据包。Where an evidence package that one was handed is brought."""
    visit.require("package:verify")
    return _page(visit)


@router.post("")
def verify(visit: VisitDep, upload: UploadDep) -> Response:
    """核验后显示结果，不保存文件。Check it and tell what was found; nothing of it is kept."""
    try:
        if upload is None:
            raise Invalid("field-missing", pointer="/file")
        found = VerdictOut.of(visit.broker.handed_packages.check(visit.caller, upload.file))
    except (Forbidden, Unauthenticated):
        raise
    except (BrokerError, ValidationError) as error:
        return _page(visit, refusal=refusal_of(error, visit.screen.language))
    return _page(visit, found=found)


def _page(visit: Visit, *, found: VerdictOut | None = None, refusal: Refusal | None = None) -> Response:
    most = visit.broker.settings.verify_mb
    return visit.show("auditing/handed", found=found, refusal=refusal, at=visit.reading.now, most=most)
