"""Which act of the API each form about one thing is the same as: written by hand, the page's path and fields first."""

from collections.abc import Mapping
from typing import NamedTuple

Fields = Mapping[str, str]
Body = Mapping[str, object]
NOTHING: Fields = {}


class Sent(NamedTuple):
    """A form about a thing, and the same act at the API; words in braces are filled in with what names the thing.

    `one`: somebody to whom it is open, and with which thing; none where nobody's second factor is fresh.
    """

    page: str
    kind: str
    fields: Fields
    api: str
    body: Body | None
    one: tuple[str, str] | None
    method: str = "POST"


REQUEST, ITEM, GRANT = "/access-requests/{request}", "/request-items/{item}", "/grants/{grant}"
PERSON, CASE = "/people/{person}", "/requests/{request}"
WHY = {"reason": "案件需要"}
NAMED = {"kind": "camera", "name": "{gb}", **WHY}
PURPOSE = {"basis": "public-safety", "matter": "missing", "case_number": "110202611210001", "reason": "老人走失"}
DATES = {"begins": "{later}", "ends": "{until}", **WHY}
AT, TO = {"begin": "{begin}", "end": "{end}"}, {"until": "{until}"}
REVISION = {"revision": 1}
AWAY = {"end": "{until}", "note": "培训"}
DEPARTMENT = {"code": "made-up", "name": "新部门", "name_en": "", "kind": "department", "division": "990102"}
RENAMED = {"name": "新名", "name_en": "", "division": "990102"}
NEWCOMER = {"login": "newcomer", "name": "新人", "department": "{department}"}
ROLE = {"role": "requester", "department": "dh-hb"}
ROLE_OF_LOOKER = {"role": "investigator", "department": "dh-hb"}
TARGET = {"department": "{department}", "per_mille": "950"}
PLAN = {"year": "2026", "indicator": "coverage.plan", "value": "1", "department": "{department}"}
FIELD = {"zh": "网格", "en": "Grid", "kind": "text"}
ORDER = {"camera": "{camera}", "action": "snapshot"}
LINE = {"camera": "{camera}", **AT}
FORM: Body = {
    "purpose": {"basis": "administrative", "matter": "environment", "case_number": "12", "reason": "夜间倾倒渣土"},
    "investigators": ["looker"], "lines": [LINE],
}  # fmt: skip
HOOK = {"department": "{department}", "url": "https://203.0.115.8/hook"}

OF_REQUESTS = (
    Sent(f"{CASE}/approve", "request", {"revision": "1", "line": "{lines}"}, f"{REQUEST}/approve", REVISION,
         ("center.dh", "waiting")),
    Sent(f"{CASE}/return", "request", {"revision": "1", **WHY}, f"{REQUEST}/return",
         {**REVISION, "comment": "案件需要"}, ("center.dh", "waiting")),
    Sent(f"{CASE}/reject", "request", {"revision": "1", **WHY}, f"{REQUEST}/reject", {**REVISION, **WHY},
         ("center.dh", "waiting")),
    Sent(f"{CASE}/ratify", "request", {"comment": "属实"}, f"{REQUEST}/ratify", {"comment": "属实"},
         ("center.dh", "emergency")),
    Sent(f"{CASE}/disavow", "request", WHY, f"{REQUEST}/disavow", WHY, ("center.dh", "emergency")),
    Sent(f"{CASE}/submit", "request", NOTHING, f"{REQUEST}/submit", None, ("asker", "draft")),
    Sent(f"{CASE}/apply/check", "request", NOTHING, f"{REQUEST}/submit", None, ("asker", "returned")),
    *(
        Sent(f"{CASE}/apply/{step}", "request", NOTHING, REQUEST, FORM, ("asker", "draft"), "PUT")
        for step in ("matter", "times", "terms", "cameras", "matter/typed", "times/typed", "terms/typed")
    ),
    Sent(f"{CASE}/withdraw", "request", WHY, f"{REQUEST}/withdraw", WHY, ("asker", "waiting")),
    Sent(f"{CASE}/close", "request", {"report": "已用"}, f"{REQUEST}/close", {"report": "已用"}, ("asker", "granted")),
    Sent(f"{CASE}/apply/papers/{{attachment}}/remove", "attachment", NOTHING, "/attachments/{attachment}", None,
         ("asker", "of-draft"), "DELETE"),
    Sent("/holds/on-request/{request}", "request", {**WHY, **TO}, f"{REQUEST}/hold", {**WHY, **TO},
         ("center.dh", "granted")),
    *(
        Sent(f"{CASE}/items/{{item}}/{act}", "item", fields, f"{ITEM}/{act}", body, ("owner.cg", "at-owners/dh-cg"))
        for act, fields, body in (
            ("authorize", {"revision": "1", "line": "{lines}"}, REVISION),
            ("refuse", {"revision": "1", **WHY}, {**REVISION, **WHY}),
            ("return", {"revision": "1", **WHY}, {**REVISION, "comment": "案件需要"}),
        )
    ),
    Sent(f"{CASE}/items/{{item}}/veto", "item", WHY, f"{ITEM}/veto", WHY, ("owner.cg", "emergency/dh-cg")),
    Sent("/emergencies", "camera", {**PURPOSE, **LINE}, "/emergencies", {"purpose": PURPOSE, "lines": [LINE]}, None),
)  # fmt: skip

OF_FOOTAGE = (
    *(
        Sent(f"/{where}/{{grant}}/{act}", "grant", WHY, f"{GRANT}/{act}", WHY, ("owner.cg", of))
        for where, act, of in (
            ("grants", "revoke", "granted"), ("grants", "suspend", "granted"), ("grants", "resume", "suspended"),
            ("ledger", "revoke", "granted"), ("ledger", "suspend", "granted"),
        )
    ),
    Sent("/grants/{grant}/renew", "grant", NOTHING, f"{GRANT}/renew", None, ("asker", "granted")),
    Sent("/grants/{grant}/retrieve", "grant", {**ORDER, "at": "{begin}"}, "/retrievals",
         {**ORDER, "instant": "{begin}", "grant": "{grant}"}, ("looker", "granted")),
    Sent("/retrievals/{retrieval}/copy", "retrieval", NOTHING, "/retrievals",
         {**ORDER, "instant": "{begin}", "grant": "{grant}"}, ("looker", "taken")),
    Sent("/grants/{grant}/packages", "retrieval", {"retrieval": "{retrieval}"}, "/packages",
         {"retrievals": ["{retrieval}"]}, ("looker", "taken")),
    Sent("/holds/on-result/{retrieval}", "retrieval", {**WHY, **TO}, "/retrievals/{retrieval}/hold", {**WHY, **TO},
         ("owner.cg", "taken")),
    Sent("/holds/{hold}/lift", "hold", WHY, "/holds/{hold}/lift", WHY, ("center.dh", "granted")),
    Sent("/locks/{lock}/lift", "lock", WHY, "/locks/{lock}/lift", WHY, ("owner.jt", "camera")),
    Sent("/locks/set", "camera", NAMED, "/locks", {"kind": "camera", "target": "{camera}", **WHY},
         ("owner.cg", "dh-cg")),
    Sent("/locks/set", "person", {"kind": "person", "name": "{login}", **WHY}, "/locks",
         {"kind": "person", "target": "{person}", **WHY}, ("secadmin", "asker")),
    Sent("/locks/set", "department", {"kind": "department", "name": "{department}", **WHY}, "/locks",
         {"kind": "department", "target": "{id}", **WHY}, ("owner.cg", "dh-cg")),
)  # fmt: skip

OF_THE_HOUSE = (
    Sent(f"{PERSON}/roles", "person", ROLE, "/persons/{person}/roles", ROLE, ("secadmin", "looker")),
    Sent(f"{PERSON}/roles/withdraw", "person", ROLE_OF_LOOKER, "/persons/{person}/roles/dh-hb/investigator", None,
         ("secadmin", "looker"), "DELETE"),
    Sent(f"{PERSON}/disable", "person", NOTHING, "/persons/{person}/disable", None, ("secadmin", "looker")),
    Sent(f"{PERSON}/enable", "person", NOTHING, "/persons/{person}/enable", None, ("secadmin", "closed")),
    Sent(f"{PERSON}/invite", "person", NOTHING, "/persons/{person}/invite", {}, None),
    Sent(f"{PERSON}/invite/revoke", "person", NOTHING, "/persons/{person}/invite", None, None, "DELETE"),
    Sent(f"{PERSON}/reset-password", "person", NOTHING, "/persons/{person}/reset-password", None,
         ("secadmin", "looker")),
    Sent(f"{PERSON}/reset-second-factor", "person", NOTHING, "/persons/{person}/second-factor", None, None, "DELETE"),
    Sent(f"{PERSON}/identities", "person", {"subject": "a"}, "/persons/{person}/identities", {"subject": "a"}, None),
    Sent(f"{PERSON}/absences", "person", AWAY, "/persons/{person}/absences", AWAY, ("secadmin", "looker")),
    Sent("/people/new", "department", NEWCOMER, "/persons", {**NEWCOMER, "password": None}, ("secadmin", "dh-cg")),
    Sent("/standing-in/{delegation}/end", "delegation", NOTHING, "/delegations/{delegation}", None,
         ("secadmin", "lent"), "DELETE"),
    Sent("/standing-in/absences/{absence}/end", "absence", NOTHING, "/absences/{absence}", None,
         ("secadmin", "away"), "DELETE"),
    Sent("/departments/{department}/add", "department", DEPARTMENT, "/departments",
         {**DEPARTMENT, "parent": "{department}"}, ("sysadmin", "dh")),
    Sent("/departments/{department}/edit", "department", {**RENAMED, "revision": "1"}, "/departments/{department}",
         {**RENAMED, **REVISION}, ("sysadmin", "dh"), "PUT"),
    *(
        Sent(f"/sources/{{source}}/{act}", "source", NOTHING, "/sources/{source}", {"stopped": act == "stop"},
             ("sysadmin", "nvr"), "PATCH")
        for act in ("stop", "start")
    ),
    Sent("/health/targets", "department", TARGET, "/points/targets", {**TARGET, "per_mille": 950},
         ("sysadmin", "dh"), "PUT"),
    Sent("/maintenance", "source", {"source": "{source}", **DATES}, "/maintenance", {"source": "{source}", **DATES},
         ("sysadmin", "nvr")),
    Sent("/maintenance/{maintenance}/end", "maintenance", NOTHING, "/maintenance/{maintenance}/end", None,
         ("sysadmin", "planned")),
    Sent("/plan-targets/set", "department", PLAN, "/plan-targets", {**PLAN, "year": 2026, "value": 1},
         ("sysadmin", "dh"), "PUT"),
    Sent("/camera-fields", "source", {"key": "grid", **FIELD}, "/camera-fields/grid", FIELD,
         ("sysadmin", "nvr"), "PUT"),
    Sent("/policies/{policy}/discard", "policy", WHY, "/policies/{policy}/discard", WHY, ("secadmin", "proposed")),
    Sent("/policies/{policy}/activate", "policy", NOTHING, "/policies/{policy}/activate", {}, None),
    Sent("/webhooks/{webhook}/remove", "webhook", NOTHING, "/webhooks/{webhook}", None, ("sysadmin", "added"),
         "DELETE"),
    Sent("/webhooks", "department", HOOK, "/webhooks", HOOK, ("sysadmin", "jc")),
    Sent("/notices/{notice}/read", "notice", NOTHING, "/me/notices/{notice}/read", None, None),
)  # fmt: skip

SENT = (*OF_REQUESTS, *OF_FOOTAGE, *OF_THE_HOUSE)

NOT_COMPARED = {
    "/requests/{key}/again": "no act of the API: a draft of one's own, held to its button in test_buttons.py",
    "/requests/{key}/apply/papers": "brings a file: tests/web/console/applying",
    **{f"/departments/{{department}}/{act}": "tests/web/console/administering" for act in ("move", "close", "reopen")},
    "/people/{key}/sessions/{session}/end": "tests/web/console/administering",
    "/people/{key}/sessions/{item}/end": "tests/web/console/administering",
    "/people/{key}/tokens/{item}/revoke": "tests/web/console/administering",
    "/account/identities/{identity}/unlink": "one's own",
    "/grants/{key}/compare": "sends on to a page, whoever asks",
    "/people/{key}/identities/{identity}/unlink": "needs another house: tests/web/console/administering",
    "/camera-fields/{field}": "whoever may define one may define all",
    "/adapters/{name}": "whoever may add a source may add any",
    "/jobs/{number}/retry": "no act of the API: tests/web/console/operating",
    "/sources/{code}/clock": "brings a picture: tests/web/console/operating",
    "/sources/{code}/edit": "the same act as stopping",
    "/sources/{code}/probe": "asks the source: tests/web/console/operating",
    "/webhooks/{key}/test": "calls another house: tests/web/console/administering",
    "/import-profiles/{key}/retire": "needs a list that was brought in: tests/web/console/operating",
    **{f"/imports/{{key}}/{act}": "held to its writer in tests/web/console/operating"
       for act in ("discard", "profile", "reading", "start", "try", "undo")},
    **{f"/sources/{{code}}/reconciliations{rest}": "needs a source that was asked: tests/web/console/operating"
       for rest in ("", "/{key}/decide", "/{key}/lines/{position}/{decision}", "/{key}/try")},
}  # fmt: skip
"""Forms with something in their path that are not compared here, each with why and where."""
