"""The writes of the catalogue, its health and its plans, each with a body that is no more than its form."""

from typing import Any
from uuid import UUID

KEY = str(UUID(int=1))
NIGHT = {"begins": "2027-12-01T22:00:00+08:00", "ends": "2027-12-02T02:00:00+08:00"}
CATALOGUE_WRITES: list[tuple[str, str, str, dict[str, Any] | None]] = [
    ("sysadmin", "POST", f"/imports/{KEY}/undo", None),
    ("sysadmin", "PUT", f"/imports/{KEY}/reading", {"mapping": {}}),
    ("sysadmin", "POST", f"/imports/{KEY}/start", {}),
    ("sysadmin", "POST", f"/imports/{KEY}/discard", None),
    ("sysadmin", "PUT", "/import-profiles", {"name": "a", "mapping": {}}),
    ("sysadmin", "DELETE", f"/import-profiles/{KEY}", None),
    ("sysadmin", "POST", f"/cameras/{KEY}/code", {"edition": "2022", "industry": "00"}),
    ("sysadmin", "POST", "/cameras/codes", {"owner": "dh-cg", "industry": "00"}),
    ("sysadmin", "DELETE", f"/cameras/{KEY}/picture", None),
    ("sysadmin", "PUT", "/camera-fields/grid", {"zh": "网格编号", "en": "Grid number", "kind": "text"}),
    ("sysadmin", "POST", "/sources/archive/reconciliations", None),
    ("sysadmin", "POST", f"/sources/archive/reconciliations/{KEY}/lines/1/accept", {"camera": KEY}),
    ("sysadmin", "POST", f"/sources/archive/reconciliations/{KEY}/lines/1/refuse", None),
    ("sysadmin", "POST", f"/sources/archive/reconciliations/{KEY}/decide", {"decision": "accept", "kinds": ["new"]}),
    ("sysadmin", "PUT", "/points/targets", {"department": "jc", "per_mille": 950}),
    ("sysadmin", "POST", "/maintenance", {"source": "archive", "reason": "更换硬盘", **NIGHT}),
    ("sysadmin", "POST", f"/maintenance/{KEY}/end", None),
    ("sysadmin", "PUT", "/plan-targets", {"year": 2026, "indicator": "coverage.plan", "value": 1, "department": "jc"}),
]
