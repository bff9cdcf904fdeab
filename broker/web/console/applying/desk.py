"""The routers of the wizard."""

from broker.web.console.applying import begin, cameras, check, matter, papers, picking, terms, times

ROUTERS = (
    begin.router, matter.router, papers.router, papers.removing, cameras.router, picking.router, times.router,
    terms.router, check.router, check.sending,
)  # fmt: skip
