"""What a policy may not say: every fault is told with row and column, and the shipped policy has none."""

import pytest

from broker.domain.people.accounts import Role
from policies.constitution import floor_of
from policies.lint import lint
from policies.reading import MOST_ROWS, fixed_rows, shipped, shipped_rows
from policies.vocabulary import ACTS, FACTS

BASELINE = shipped("baseline.csv")
LAST = len(BASELINE.rstrip("\n").split("\n")) + 1
Place = tuple[object, object, object]


def faults_of(row: str) -> list[tuple[str, object, object, object]]:
    """Return slug, row, column and value of what one more row in the shipped policy does wrong."""
    found = lint(BASELINE.rstrip("\n") + f"\n{row}\n")
    return [(it.slug, it.facts["row"], it.facts["column"], it.facts["value"]) for it in found]


def test_the_shipped_policy_has_no_fault() -> None:
    assert lint(BASELINE) == ()


def test_what_is_denied_stands_in_the_fixed_rows() -> None:
    """A deny row of the shipped policy would be gone with the next one."""
    assert [row for row in shipped_rows() if row.rule.effect == "deny"] == []


@pytest.mark.parametrize(
    ("row", "slug", "column", "value"),
    [
        # footage without a grant, or for those who may never see it
        ("investigator, footage, view, g_person, allow", "policy-needs-more", "need", "g_person"),
        ("investigator, footage, *, -, allow", "policy-needs-more", "need", "-"),
        ("requester, footage, clip, is_person, allow", "policy-needs-more", "need", "is_person"),
        # a decision for a party
        ("center_approver, access_request, approve, -, allow", "policy-needs-more", "need", "-"),
        ("department_authorizer, request_item, authorize, not_party, allow", "policy-needs-more", "need", "not_party"),
        ("requester, access_request, approve, is_party, allow", "policy-needs-more", "need", "is_party"),
        # the way to the next policy
        ("requester, policy, activate, -, allow", "policy-fixed", "act", "policy:activate"),
        ("security_administrator, policy, *, -, deny", "policy-fixed", "act", None),
        ("*, session, open, -, deny", "policy-fixed", "act", "session:open"),
        ("operator, *, *, -, deny", "policy-fixed", "object", "*"),
        ("operator, *, *, -, allow", "policy-fixed", "object", "*"),
        # who gives roles takes any other act
        ("requester, person, assign, not_self, allow", "policy-role-barred", "role", "requester"),
        # what is not meant
        ("auditor, audit, read, -, allow", "policy-duplicate", "-", None),
        ("auditor, audit, read, is_person, allow", "policy-unreachable", "-", None),
        ("requester, camera, list, is_self+not_self, allow", "policy-contradiction", "need", "is_self+not_self"),
        ("auditor, footage, clip, -, deny", "policy-unreachable", "-", None),
    ],
)
def test_a_row_that_must_not_be(row: str, slug: str, column: str, value: str | None) -> None:
    found = faults_of(row)
    mine = [it for it in found if it[0] == slug]
    assert mine, found
    assert mine[0][:3] == (slug, LAST, column)
    assert value is None or mine[0][3] == value


@pytest.mark.parametrize("role", [*(role.value for role in Role if "administrator" in role), "auditor", "worker", "*"])
@pytest.mark.parametrize("act", ["footage, clip", "access_request, approve", "request_item, authorize"])
def test_who_administers_or_audits_gets_neither_footage_nor_decisions(role: str, act: str) -> None:
    obj, _, verb = act.partition(", ")
    needed = "+".join(name for name in FACTS if name in (floor_of(f"{obj}:{verb}") or ()))
    assert ("policy-role-barred", LAST, "role", role) in faults_of(f"{role}, {act}, {needed}, allow")


def test_to_narrow_and_to_redistribute_is_allowed() -> None:
    approve = "+".join(sorted(floor_of("access_request:approve") or ()))
    assert faults_of("auditor, camera, list, is_person, deny") == []
    assert faults_of(f"department_authorizer, access_request, approve, {approve}, allow") == []
    assert faults_of("investigator, person, list, -, deny") == []


def test_all_faults_are_told_at_once_in_the_order_of_the_rows() -> None:
    text = "root, camera, list, -, allow\nauditor, camera, list, -, Allow\n\nauditor, footage, clip, -, allow\n"
    found = [(it.slug, it.facts["row"], it.facts["column"]) for it in lint(text)]
    assert [it for it in found if it[0] != "policy-role-forgotten"] == [
        ("policy-word", 1, "role"),
        ("policy-word", 2, "effect"),
        ("policy-needs-more", 4, "need"),
        ("policy-role-barred", 4, "role"),
        ("policy-unreachable", 4, "-"),
    ]
    assert all(str(it.facts["allowed"]) for it in lint(text))


def test_a_role_without_any_row_is_told() -> None:
    without = "\n".join(line for line in BASELINE.splitlines() if not line.startswith("investigator"))
    assert [(it.slug, it.facts["value"]) for it in lint(without)] == [("policy-role-forgotten", "investigator")]


def test_a_line_is_what_an_editor_calls_a_line() -> None:
    """A comment cannot hide a row behind a sign that some programs take for the end of a line."""
    for sign in ("\u2028", "\x0b", "\x85", "\r"):
        assert lint(BASELINE + f"# remark{sign}auditor, footage, clip, -, allow\n") == ()
    assert lint("\ufeff" + BASELINE.replace("\n", "\r\n")) == ()


def test_a_policy_without_end_is_not_read_to_its_end() -> None:
    found = lint("auditor, audit, rede, -, allow\n" * (MOST_ROWS + 5))
    assert [(it.slug, it.facts["row"]) for it in found if it.facts["row"]] == [("policy-too-long", MOST_ROWS + 1)]


def test_every_act_has_a_row_that_allows_it() -> None:
    open_to_somebody = {
        f"{obj}:{act}"
        for obj, acts in ACTS.items()
        for act in acts
        for row in (*shipped_rows(), *fixed_rows())
        if row.rule.effect == "allow" and row.rule.object in {obj, "*"} and row.rule.act in {act, "*"}
    }
    everything = {f"{obj}:{act}" for obj, acts in ACTS.items() for act in acts}
    assert everything - open_to_somebody == CLOSED


CLOSED: set[str] = set()
"""Acts that are closed to everybody on purpose, each with its reason beside it."""
