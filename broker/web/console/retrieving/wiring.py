"""The routers of the investigator's desk."""

from broker.web.console.retrieving import comparing, grants, ordering, orders, packages, viewing

ROUTERS = (
    ordering.router, orders.router, comparing.router, grants.router, viewing.router, packages.router,
)  # fmt: skip
"""Grants stand last of those below one: what stops a grant is named by any word after its key."""
