"""The routes of the dashboard."""

from broker.web.console.dashboard import pages

ROUTERS = (pages.router,)
