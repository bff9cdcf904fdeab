"""The routers of the administrators' desks; what is fixed in a path comes before what stands for anything."""

from broker.web.console.administering import (
    camera_fields,
    credentials,
    departments,
    divisions,
    landing,
    locks,
    people,
    plan_targets,
    policies,
    rulebook,
    settings,
    standing_in,
    ways_in,
    webhooks,
)

ROUTERS = (
    landing.router, departments.router, divisions.router, divisions.bringing, ways_in.router, ways_in.showing,
    people.router, credentials.router, policies.router, policies.proposing, rulebook.router, rulebook.checking,
    settings.router, locks.router, webhooks.router, webhooks.showing, camera_fields.router, plan_targets.router,
    standing_in.router,
)  # fmt: skip
