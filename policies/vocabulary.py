"""The closed words of the policy: a row with any other word is refused when the policy is loaded."""

from collections.abc import Iterable
from enum import IntFlag, auto

from broker.domain.people.accounts import Role

ACTS: dict[str, frozenset[str]] = {
    "account": frozenset({"read", "change_password", "change_contact"}),
    "session": frozenset({"open", "close", "list", "end", "step_up"}),
    "second_factor": frozenset({"read", "enrol", "remove", "renew"}),
    "token": frozenset({"issue", "list", "revoke"}),
    "identity": frozenset({"list", "add", "link", "unlink"}),
    "invite": frozenset({"read", "take"}),
    "department": frozenset({"list", "create", "edit", "move", "close", "reopen"}),
    "person": frozenset(
        {
            "list",
            "find",
            "create",
            "disable",
            "enable",
            "assign",
            "invite",
            "reset_password",
            "reset_second_factor",
            "read_access",
            "end_access",
        },
    ),
    "delegation": frozenset({"list", "set", "end"}),
    "absence": frozenset({"list", "note", "end"}),
    "source": frozenset({"list", "read", "add", "edit", "probe", "clock", "watch"}),
    "secret": frozenset({"reseal"}),
    "health": frozenset({"read", "aim"}),
    "maintenance": frozenset({"list", "declare", "end"}),
    "camera": frozenset({"list", "import", "bind", "transfer", "mark", "mask", "coverage", "edit", "show", "history"}),
    "job": frozenset({"list", "retry", "note"}),
    "camera_field": frozenset({"list", "define"}),
    "reconciliation": frozenset({"list", "read", "propose", "review"}),
    "division": frozenset({"list", "import"}),
    "rulebook": frozenset({"read", "check", "change"}),
    "access_request": frozenset(
        {
            "list",
            "read",
            "draft",
            "edit",
            "submit",
            "withdraw",
            "approve",
            "return",
            "reject",
            "close",
            "check",
            "findings",
            "open_emergency",
            "ratify",
            "disavow",
            "lapse",
        },
    ),
    "request_item": frozenset({"list", "authorize", "refuse", "return", "veto"}),
    "grant": frozenset({"list", "read", "revoke", "suspend", "resume", "renew"}),
    "lock": frozenset({"list", "set", "lift"}),
    "inbox": frozenset({"list"}),
    "statistics": frozenset({"read"}),
    "measures": frozenset({"read", "plan", "count"}),
    "footage": frozenset({"snapshot", "clip", "deliver", "view"}),
    "copy": frozenset({"find", "list", "hold", "release", "purge"}),
    "retrieval": frozenset({"list", "read", "run"}),
    "escrow": frozenset({"seal", "release"}),
    "package": frozenset({"list", "read", "build", "verify"}),
    "policy": frozenset({"list", "read", "explain", "propose", "preview", "activate", "discard", "reset"}),
    "register": frozenset({"list", "export"}),
    "attachment": frozenset({"list", "read", "add", "remove"}),
    "audit": frozenset({"read", "verify", "export"}),
    "notice": frozenset({"list", "read", "deliver"}),
    "webhook": frozenset({"add", "list", "remove", "test"}),
    "mail": frozenset({"read", "test"}),
    "setting": frozenset({"read"}),
}
"""Objects and what can be done to them."""


class Fact(IntFlag):
    """What the program found out about one question; a row names the facts it needs by their lower-case names."""

    NONE = 0
    IS_PERSON = auto()
    IS_SELF = auto()
    NOT_SELF = auto()
    OWN_DEPARTMENT = auto()
    IS_REQUESTER = auto()
    IS_PARTY = auto()
    NOT_PARTY = auto()
    NOT_APPROVER = auto()
    G_PERSON = auto()
    G_CAMERA = auto()
    G_ACTION = auto()
    G_WINDOW = auto()
    G_LIVE = auto()
    G_QUOTA = auto()
    G_CONDITIONS = auto()
    G_DOWNLOAD = auto()
    MFA_FRESH = auto()
    MFA_MET = auto()
    NOT_PROPOSER = auto()
    ON_PERSON = auto()
    ON_CAMERAS = auto()
    SUBJECT_LOCKED = auto()
    CAMERA_LOCKED = auto()
    DEPARTMENT_LOCKED = auto()

    def __or__(self, other: int) -> "Fact":
        """Join facts; the enum's own way costs more than all the rest of a decision."""
        mask = int.__or__(self, other)
        known = Fact._value2member_map_.get(mask)
        return Fact(mask) if known is None else known  # type: ignore[return-value]  # the map of this very class


FACTS: dict[str, Fact] = {fact.name.lower(): fact for fact in Fact if fact.name}
ROLE_BITS: dict[str, int] = {role.value: 1 << position for position, role in enumerate(Role)}


def role_mask(roles: Iterable[Role]) -> int:
    """Return the roles as one number, one bit each."""
    mask = 0
    for role in roles:
        mask |= ROLE_BITS[role.value]
    return mask


def has_role(mask: int, name: str) -> bool:
    """Say whether the mask holds the role; every mask holds "*", none holds an unknown or empty name."""
    return name == "*" or bool(mask & ROLE_BITS.get(name, 0))


def need_mask(need: str) -> int | None:
    """Return the facts a row needs as one number; None for an unknown or empty need."""
    if need == "-":
        return 0
    mask = 0
    for name in need.split("+"):
        if name not in FACTS:
            return None
        mask |= FACTS[name]
    return mask


def holds(facts: int, need: str) -> bool:
    """Say whether the facts hold all that a row needs; an unknown or empty need never holds."""
    wanted = need_mask(need)
    return wanted is not None and facts & wanted == wanted
