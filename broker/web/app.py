"""The whole web application, built in one function; tests call the same one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from broker.bootstrap import Broker
from broker.domain.errors import BrokerError
from broker.web import media, openapi
from broker.web.api import problems
from broker.web.api.catalog import (
    camera_codes,
    camera_export,
    camera_fields,
    camera_finding,
    camera_import,
    camera_records,
    cameras,
    divisions,
    import_previews,
    imports,
    map_tiles,
    reconciliations,
)
from broker.web.api.deciding import absences, delegations, emergencies, policies, rulebook
from broker.web.api.footage import (
    copies,
    escrow,
    grants,
    ledger,
    locks,
    package_verification,
    packages,
    retrievals,
)
from broker.web.api.house import jobs
from broker.web.api.notices import notices, webhooks
from broker.web.api.oversight import access_register, audit, holds, measures, statistics
from broker.web.api.people import credentials, departments, invites, me, oidc, persons, second_factor, sessions
from broker.web.api.requests import access_requests, attachments, inbox, previews, request_items
from broker.web.api.sources import adapters, health, maintenance, point_health, source_history, sources
from broker.web.console.auditing import handed
from broker.web.console.wiring import add_console
from broker.web.docs_pages import OPENAPI, add_docs
from broker.web.guard import GrantGuard
from broker.web.middleware import BodyLimit, Context, SecurityHeaders
from broker.web.problems import on_broker_error, on_http_error
from broker.web.validation import on_invalid_request
from broker.web.wire import settled

PREFIX = "/api/v1"
ROUTERS = (
    map_tiles.router,  # first: a map asks for hundreds, and routes are tried in this order
    sessions.router, me.router, me.issuing, notices.router, webhooks.router, webhooks.adding, second_factor.router,
    second_factor.showing, departments.router, persons.issuing, persons.router, credentials.router,
    invites.issuing, invites.router, invites.taking, oidc.linking, oidc.router, delegations.router, absences.router,
    camera_import.router, camera_export.router, imports.router, imports.profiles, import_previews.router,
    camera_finding.router, cameras.router, camera_codes.router, camera_records.router, camera_fields.router,
    reconciliations.router, divisions.router,
    sources.router, source_history.router, point_health.router, maintenance.router, adapters.router, ledger.router,
    escrow.router, rulebook.router, previews.router, access_requests.router, request_items.router, emergencies.router,
    inbox.router, statistics.router, measures.router, grants.router, locks.router, holds.router, retrievals.router,
    media.router, packages.router, packages.taking, package_verification.router, copies.router, policies.router,
    audit.router, access_register.router, attachments.router, jobs.router, problems.router,
)  # fmt: skip


def create_app(broker: Broker) -> openapi.DescribedApp:
    """Build the web application over the services."""
    app = openapi.DescribedApp(
        title=openapi.TITLE, version=version("xueliang"), description=openapi.DESCRIPTION, openapi_tags=openapi.TAGS,
        openapi_url=OPENAPI, docs_url=None, redoc_url=None, redirect_slashes=False,
        generate_unique_id_function=openapi.operation_name, lifespan=_following,
    )  # fmt: skip
    app.state.broker = broker
    app.state.guard = GrantGuard(broker.database_url, broker.clock)
    for router in ROUTERS:
        app.include_router(router, prefix=PREFIX)
    app.include_router(health.router)
    app.include_router(oidc.browser)
    add_console(app)
    app.add_exception_handler(BrokerError, on_broker_error)
    app.add_exception_handler(HTTPException, on_http_error)
    app.add_exception_handler(RequestValidationError, on_invalid_request)
    pages = add_docs(app)
    larger = dict.fromkeys((handed.PLACE, f"{PREFIX}{package_verification.PLACE}"), broker.settings.verify_mb)
    app.add_middleware(BodyLimit, upload_mb=broker.settings.upload_mb, larger=larger)
    app.add_middleware(Context)
    app.add_middleware(  # added last: outermost
        SecurityHeaders, policies=pages, https=broker.settings.secure_cookies,
        pictures=broker.base_maps.layers.origins,
    )  # fmt: skip
    return app


@asynccontextmanager
async def _following(app: FastAPI) -> AsyncIterator[None]:
    """Follow the log of revocations while the application runs; without it no footage flows."""
    guard: GrantGuard = app.state.guard
    guard.start(partial(settled, asyncio.get_running_loop()))
    try:
        yield
    finally:
        await run_in_threadpool(guard.stop)
