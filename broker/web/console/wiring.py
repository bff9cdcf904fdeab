"""Puts the console into the application."""

from fastapi import FastAPI
from fastapi.responses import Response

from broker.web.console import (
    assets,
    home,
    inbox,
    invites,
    ledger,
    own_account,
    own_identities,
    requester,
    signing_in,
)
from broker.web.console.administering import wiring as administering
from broker.web.console.applying.desk import ROUTERS as APPLYING
from broker.web.console.auditing import wiring as auditing
from broker.web.console.dashboard import wiring as dashboard
from broker.web.console.deciding import center, owner, together
from broker.web.console.emergencies import pages as emergencies
from broker.web.console.live import notices
from broker.web.console.live import routes as live
from broker.web.console.maps import wiring as maps
from broker.web.console.operating import wiring as operating
from broker.web.console.problem_pages import problem_page
from broker.web.console.retrieving import wiring as retrieving

ROUTERS = (
    home.router, signing_in.router, invites.router, own_account.router, own_account.showing, own_identities.leaving,
    own_identities.router, inbox.router, live.router, requester.router, *APPLYING, center.router, owner.router,
    together.router, ledger.router, emergencies.router, notices.router, *retrieving.ROUTERS, *maps.ROUTERS,
    assets.router, *administering.ROUTERS, *auditing.ROUTERS, *dashboard.ROUTERS, *operating.ROUTERS,
)  # fmt: skip
"""Whoever builds a desk adds its routers here."""


def add_console(app: FastAPI) -> None:
    """Add the pages, and have errors told as pages to whoever asks for one."""
    for router in ROUTERS:
        app.include_router(router, include_in_schema=False, default_response_class=Response)
    app.state.problem_page = problem_page
