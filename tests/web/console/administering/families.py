"""Texts of these desks whose slug is put together in a page: its beginning, and every end."""

from broker.domain.catalog.camera_record import FieldKind
from broker.domain.catalog.divisions import Level
from broker.domain.deciding.policies import PolicyState
from broker.domain.deciding.shipped_rules import SHIPPED
from broker.domain.footage.locks import LockKind
from broker.domain.house.configuration import Origin
from broker.domain.notices.webhooks import DeliveryState, WebhookState
from broker.domain.people.accounts import DepartmentKind, Standing
from broker.domain.people.reorganising import Ties
from broker.settings import Settings
from broker.web.console.administering.areas import AREAS
from broker.web.console.administering.rulebook_view import view_of

GROUPS: dict[str, set[str]] = {}
for group, name, _ in view_of(SHIPPED, "en").figures:
    GROUPS.setdefault(group, set()).add(f"{group}.{name}")

ADMINISTERING: dict[str, set[str]] = {
    "adm-area.": {area.name for area in AREAS},
    "adm-about.": {area.name for area in AREAS},
    "flash.plan-target-": {"set", "back"},
    "setting.": set(Settings.model_fields),
    "adm-kind.": {it.value for it in DepartmentKind},
    "adm-tie.": set(Ties().told),
    "adm-level.": {it.value for it in Level},
    "adm-standing.": {it.value for it in Standing},
    "adm-policy.": {"opened", "closed"},
    "adm-policy-state.": {it.value for it in PolicyState},
    "adm-effect.": {"allow", "deny"},
    "adm.": {"yes", "no"},
    "adm-rules-group.": set(GROUPS),
    "adm-rules-figure.": set().union(*GROUPS.values()),
    "adm-rules-ask.": {"bases", "matters", "owners", "point_classes", "urgent", "own", "sensitive"},
    "adm-stage.": {"requester", "center", "owner", "grant"},
    "adm-day.": {str(day) for day in range(1, 8)},
    "adm-origin.": {it.value for it in Origin},
    "adm-lock-kind.": {it.value for it in LockKind},
    "adm-lock-effect.": {it.value for it in LockKind},
    "adm-hook-state.": {it.value for it in WebhookState},
    "adm-delivery.": {it.value for it in DeliveryState},
    "adm-field-kind.": {it.value for it in FieldKind},
}
