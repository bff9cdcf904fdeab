"""The routers of this desk; a path that is spelled out stands before one with a key in its place."""

from broker.web.console.operating import (
    exports,
    health,
    holds,
    import_look,
    imports,
    jobs,
    landing,
    maintenance,
    reconciliations,
    source_history,
    source_page,
    sources,
)

ROUTERS = (
    landing.router, sources.router, sources.adapters, source_page.router, source_page.asking, source_history.router,
    source_history.clocks, imports.handing_in, imports.router, import_look.router, import_look.profiles, exports.router,
    reconciliations.desk, reconciliations.router, reconciliations.trying, health.router, maintenance.router,
    jobs.router, holds.router, holds.sealed,
)  # fmt: skip
