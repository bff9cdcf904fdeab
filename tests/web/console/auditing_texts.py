"""Texts of the auditor's desk and of the dashboard whose slugs are put together in a page."""

from broker.domain.oversight.audit import KINDS
from broker.domain.oversight.measures import By
from broker.domain.oversight.register import LookAct, LookResult
from broker.services.oversight.trace_files import MEDIA_TYPES
from broker.web.console.auditing.case import LANES
from broker.web.console.auditing.told import FACTS
from broker.web.console.dashboard.figures import GRADES
from broker.web.console.dashboard.work import AGES

AUDITING: dict[str, set[str]] = {
    "event.": set(KINDS),
    "fact.": set(FACTS),
    "lane.": set(LANES),
    "family.": {kind.partition(":")[0] for kind in KINDS},
    "look-act.": {str(it.value) for it in LookAct},
    "look-result.": {str(it.value) for it in LookResult},
    "auditing.": {"trace", "register", "verification", "emergencies", "locks", "holds"},
    "which.": {"standing", "all"},
    "auditing.export-": set(MEDIA_TYPES),
    "dashboard.": {"overview", "measures", "trend", "places", "pending"},
    "by.": {str(it.value) for it in By} - {"nothing", "month"},
    "age.": set(AGES),
    "grade.": {str(place) for place in range(len(GRADES) + 2)},
    "because.": {"footage-live", "footage-window"},
}
