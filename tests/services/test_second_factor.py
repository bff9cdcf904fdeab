"""The second factor by the clock: how it is enrolled, shown, goes stale and is lost, and how guessing is bounded."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import pyotp
import pytest
from sqlalchemy import text

from broker.bootstrap import Broker, build, operator
from broker.domain.errors import Conflict, Forbidden, Throttled, Unauthenticated, Unavailable
from broker.domain.people.second_factor import ENROLMENT, RECOVERY_CODES
from broker.services.people.throttle import LOGIN_TRIES, WINDOW
from policies import facts
from policies.vocabulary import Fact
from tests.city import PASSWORD, City
from tests.clock import Turned
from tests.services.members import HERE, STEP, Member, Somebody, enrol, events, kinds, newcomer, refusal


def test_confirming_counts_as_stepping_up_and_goes_stale(member: Member, house_clock: Turned) -> None:
    assert member.known() == Fact.MFA_FRESH | Fact.MFA_MET
    standing = member.broker.second_factor.standing(member.caller)
    assert (standing.enrolled, standing.codes_left, standing.confirmed_at) == (True, RECOVERY_CODES, house_clock.at)
    limit = member.broker.settings.step_up_limit
    house_clock.at += limit - timedelta(microseconds=1)
    assert Fact.MFA_FRESH in member.known()
    house_clock.at += timedelta(microseconds=1)
    assert member.known() == Fact.NONE
    assert member.broker.second_factor.standing(member.caller).fresh_until is None
    member.step_up(member.code())
    assert member.known() == Fact.MFA_FRESH | Fact.MFA_MET
    assert member.caller.fresh_until == house_clock.at + limit


def test_the_limit_is_a_setting(member: Member, house_clock: Turned) -> None:
    settings = member.broker.settings.model_copy(update={"step_up_minutes": 2})
    stricter = build(settings, member.broker.database_url, member.broker.engine, house_clock)
    house_clock.at += timedelta(minutes=2)
    assert facts.of_second_factor(member.caller, house_clock.at) == Fact.MFA_FRESH | Fact.MFA_MET
    assert facts.of_second_factor(stricter.sign_in.by_session(member.session), house_clock.at) == Fact.NONE


def test_who_has_none_meets_it_and_is_never_fresh(house: Broker, somebody: Somebody, house_clock: Turned) -> None:
    caller = house.sign_in.by_session(house.sign_in.open(somebody.login, PASSWORD, HERE).secret)
    assert facts.of_second_factor(caller, house_clock.at) == Fact.MFA_MET
    assert facts.of_second_factor(operator("tests"), house_clock.at) == Fact.MFA_MET
    assert refusal(lambda: house.second_factor.step_up(caller, "123456", HERE)).slug == "second-factor-absent"
    assert refusal(lambda: house.second_factor.remove(caller)).missing == ("mfa_fresh",)


def test_a_code_is_good_once_at_every_door(member: Member) -> None:
    used = member.code()  # confirmed the enrolment
    assert refusal(lambda: member.step_up(used)).slug == "wrong-code"
    fresh = member.next_code()
    member.step_up(fresh)
    for again in (fresh, f" {fresh[:3]} {fresh[3:]} "):
        assert refusal(partial(member.step_up, again)).slug == "wrong-code"
    told = refusal(lambda: member.broker.sign_in.open(member.login, PASSWORD, HERE, fresh))
    assert (told.slug, type(told)) == ("wrong-code", Unauthenticated)


@pytest.mark.parametrize(("off", "good"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_off_by_one_step(member: Member, off: int, good: bool) -> None:
    member.clock.at += 10 * STEP
    if good:
        member.step_up(member.code(off))
    else:
        assert refusal(lambda: member.step_up(member.code(off))).slug == "wrong-code"


def test_one_code_opens_one_of_many_sessions_at_once(member: Member) -> None:
    code = member.next_code()

    def try_it(_: int) -> bool:
        try:
            member.broker.sign_in.open(member.login, PASSWORD, HERE, code)
        except (Unauthenticated, Conflict):
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(try_it, range(6))) == 1


def test_signing_in_needs_the_code_and_says_so_only_after_the_password(member: Member) -> None:
    sign_in = member.broker.sign_in
    code = member.next_code()
    assert refusal(lambda: sign_in.open(member.login, PASSWORD, HERE)).slug == "second-factor-needed"
    for given in (None, code, "000000"):
        told = refusal(partial(sign_in.open, member.login, "wrong-wrong-wrong", HERE, given))
        assert told.slug == "wrong-credentials"
    assert refusal(lambda: sign_in.open(member.login, PASSWORD, HERE, "")).slug == "wrong-code"
    signed = sign_in.open(member.login, PASSWORD, HERE, code)
    caller = sign_in.by_session(signed.secret)
    assert caller.fresh_until == signed.fresh_until == member.clock.at + member.broker.settings.step_up_limit
    assert facts.of_second_factor(caller, member.clock.at) == Fact.MFA_FRESH | Fact.MFA_MET


def test_a_token_is_as_fresh_as_what_issued_it_and_is_stepped_up_alone(member: Member, house_clock: Turned) -> None:
    issue = member.broker.accounts.issue_token
    _, early = issue(member.caller, "early", ["*"], timedelta(days=1))
    house_clock.at += member.broker.settings.step_up_limit
    _, late = issue(member.caller, "late", ["*"], timedelta(days=1))
    tokens = [member.broker.sign_in.by_token(secret) for secret in (early, late)]
    assert [facts.of_second_factor(token, house_clock.at) for token in tokens] == [Fact.NONE, Fact.NONE]
    house_clock.at -= timedelta(seconds=1)
    assert Fact.MFA_FRESH in facts.of_second_factor(member.broker.sign_in.by_token(early), house_clock.at)
    house_clock.at += timedelta(seconds=1)
    member.broker.second_factor.step_up(tokens[1], member.code(), HERE)
    assert member.known() == Fact.NONE
    assert Fact.MFA_FRESH in facts.of_second_factor(member.broker.sign_in.by_token(late), house_clock.at)
    assert facts.of_second_factor(member.broker.sign_in.by_token(early), house_clock.at) == Fact.NONE


def test_guesses_are_counted_over_all_doors(member: Member, house_clock: Turned) -> None:
    right = member.next_code()
    for number in range(LOGIN_TRIES):
        if number % 2:
            assert refusal(lambda: member.step_up("000000")).slug == "wrong-code"
        else:
            told = refusal(lambda: member.broker.sign_in.open(member.login, PASSWORD, HERE, "000000"))
            assert told.slug == "wrong-code"
    for act in (
        lambda: member.step_up(right),
        lambda: member.step_up(member.recovery[0]),
        lambda: member.broker.sign_in.open(member.login, PASSWORD, HERE, right),
        lambda: member.broker.second_factor.begin(member.caller, PASSWORD, HERE),
    ):
        assert isinstance(refusal(act), Throttled)
    refused = [event for event in events(member.broker, f"sign_in/{member.id}") if "refused" in event.kind]
    assert [event.kind for event in refused] == ["session:refused", "session:step_up_refused"] * (LOGIN_TRIES // 2)
    assert {str(event.data["wrong"]) for event in refused} == {"code"}
    house_clock.at += WINDOW + timedelta(seconds=1)
    member.step_up(member.code())


def test_guesses_at_the_same_moment_are_counted_too(member: Member) -> None:
    def guess(number: int) -> str:
        return refusal(lambda: member.broker.sign_in.open(member.login, PASSWORD, HERE, f"{number:06}")).slug

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(guess, range(3 * LOGIN_TRIES)))
    assert told.count("wrong-code") == LOGIN_TRIES
    assert told.count("too-many-sign-ins") == 2 * LOGIN_TRIES


def test_a_recovery_code_is_good_once(member: Member) -> None:
    first, second = member.recovery[:2]
    member.broker.sign_in.open(member.login, PASSWORD, HERE, first.lower())
    for act in (
        lambda: member.broker.sign_in.open(member.login, PASSWORD, HERE, first),
        lambda: member.step_up(first.replace("-", "")),
    ):
        assert refusal(act).slug == "wrong-code"
    member.step_up(second)
    assert member.broker.second_factor.standing(member.caller).codes_left == RECOVERY_CODES - 2
    used = [it for it in events(member.broker, f"sign_in/{member.id}") if "recovery" in it.kind]
    assert [event.data for event in used] == [{"left": RECOVERY_CODES - 1}, {"left": RECOVERY_CODES - 2}]


def test_fresh_recovery_codes_make_the_old_ones_void(member: Member, house_clock: Turned) -> None:
    house_clock.at += member.broker.settings.step_up_limit
    assert refusal(lambda: member.broker.second_factor.renew_codes(member.caller)).missing == ("mfa_fresh",)
    member.step_up(member.recovery[0])
    fresh = member.broker.second_factor.renew_codes(member.caller)
    assert len(fresh) == RECOVERY_CODES
    assert not set(fresh) & set(member.recovery)
    assert refusal(lambda: member.step_up(member.recovery[1])).slug == "wrong-code"
    member.step_up(fresh[-1])


def test_somebody_elses_recovery_code_is_none(member: Member, house: Broker, house_clock: Turned) -> None:
    other = enrol(house, house_clock, newcomer(house))
    assert refusal(lambda: member.step_up(other.recovery[0])).slug == "wrong-code"
    other.step_up(other.recovery[0])


def test_an_enrolment_needs_the_password_and_a_code_in_time(
    house: Broker, somebody: Somebody, house_clock: Turned
) -> None:
    session = house.sign_in.open(somebody.login, PASSWORD, HERE).secret
    caller = house.sign_in.by_session(session)
    told = refusal(lambda: house.second_factor.begin(caller, "wrong-wrong-wrong", HERE))
    assert (told.slug, type(told)) == ("wrong-password", Forbidden)
    assert refusal(lambda: house.second_factor.confirm(caller, "123456", HERE)).slug == "no-enrolment"
    dropped = pyotp.TOTP(house.second_factor.begin(caller, PASSWORD, HERE).secret)
    app = pyotp.TOTP(house.second_factor.begin(caller, PASSWORD, HERE).secret)
    assert house.sign_in.open(somebody.login, PASSWORD, HERE).fresh_until is None, (
        "what is not confirmed asks for nothing"
    )
    assert refusal(lambda: house.second_factor.confirm(caller, dropped.at(house_clock.at), HERE)).slug == "wrong-code"
    house_clock.at += ENROLMENT
    assert refusal(lambda: house.second_factor.confirm(caller, app.at(house_clock.at), HERE)).slug == "no-enrolment"
    app = pyotp.TOTP(house.second_factor.begin(caller, PASSWORD, HERE).secret)
    house.second_factor.confirm(caller, app.at(house_clock.at), HERE)
    assert refusal(lambda: house.second_factor.begin(caller, PASSWORD, HERE)).slug == "second-factor-present"
    assert kinds(house, f"person/{somebody.id}")[-5:] == [
        "person:second_factor:begun",
        "person:second_factor:begun",
        "person:second_factor:begun",
        "person:second_factor:confirmed",
        "person:recovery_codes:issued",
    ]


def test_what_is_removed_is_gone_and_nothing_stays_fresh(member: Member, house_clock: Turned) -> None:
    _, token = member.broker.accounts.issue_token(member.caller, "t", ["*"], timedelta(days=1))
    house_clock.at += member.broker.settings.step_up_limit
    assert refusal(lambda: member.broker.second_factor.remove(member.caller)).missing == ("mfa_fresh",)
    member.step_up(member.code())
    member.broker.second_factor.remove(member.caller)
    assert kinds(member.broker, f"person/{member.id}")[-1] == "person:second_factor:removed"
    for caller in (member.caller, member.broker.sign_in.by_token(token)):
        assert (caller.second_factor, caller.stepped_up_at) == (False, None)
    with member.broker.engine.connect() as connection:
        mine = text("SELECT octet_length(sealed) FROM second_factor WHERE person_id = :mine")
        assert list(connection.execute(mine, {"mine": member.id}).scalars()) == [0]
        left = "SELECT count(*) FROM recovery_code r JOIN second_factor f ON f.id = r.factor_id WHERE person_id = :mine"
        assert connection.execute(text(left), {"mine": member.id}).scalar_one() == 0
    member.broker.sign_in.open(member.login, PASSWORD, HERE)
    assert Fact.MFA_FRESH in enrol(member.broker, house_clock, member).known()


def test_a_lost_factor_is_reset_by_who_keeps_the_accounts(member: Member, city: City, house_clock: Turned) -> None:
    broker, key = member.broker, member.id
    secadmin, auditor = city.caller(broker, "secadmin"), city.caller(broker, "auditor")
    assert refusal(lambda: broker.second_factor.reset(auditor, key)).slug == "not-allowed"
    assert refusal(lambda: broker.second_factor.reset(secadmin, city.persons["secadmin"])).missing == ("not_self",)
    assert refusal(lambda: broker.second_factor.reset(secadmin, city.persons["asker"])).slug == "second-factor-absent"
    broker.second_factor.reset(secadmin, key)
    assert refusal(lambda: member.caller).slug == "session-ended"
    broker.sign_in.open(member.login, PASSWORD, HERE)
    last = events(broker, f"person/{key}")[-1]
    assert (last.kind, last.actor) == ("person:second_factor:reset", str(city.persons["secadmin"]))
    enrol(broker, house_clock, member)
    broker.second_factor.reset(operator("tests"), key)
    assert events(broker, f"person/{key}")[-1].actor == "operator:tests"


def test_an_administrator_with_a_factor_shows_it_before_resetting(
    house: Broker, somebody: Somebody, house_clock: Turned
) -> None:
    admin = enrol(house, house_clock, newcomer(house, "jc", "security_administrator"))
    house_clock.at += house.settings.step_up_limit
    for reset in (house.accounts.reset_password, house.second_factor.reset):
        assert refusal(partial(reset, admin.caller, somebody.id)).missing == ("mfa_met",)
    admin.step_up(admin.code())
    assert house.accounts.reset_password(admin.caller, somebody.id).text


def test_a_secret_does_not_open_under_another_key_and_recovery_codes_need_none(member: Member) -> None:
    file = member.broker.settings.data / "secret.key"
    kept = file.read_text(encoding="ascii")
    file.write_text("00" * 32, encoding="ascii")
    other = build(member.broker.settings, member.broker.database_url, member.broker.engine, member.clock)
    code = member.next_code()
    with pytest.raises(Unavailable, match="secret-key-wrong"):
        other.sign_in.open(member.login, PASSWORD, HERE, code)
    assert other.sign_in.open(member.login, PASSWORD, HERE, member.recovery[0]).secret
    file.write_text(kept, encoding="ascii")
    restored = build(member.broker.settings, member.broker.database_url, member.broker.engine, member.clock)
    assert restored.sign_in.open(member.login, PASSWORD, HERE, code).secret


def test_nothing_secret_stands_in_the_database(member: Member) -> None:
    member.step_up(member.recovery[0])
    member.broker.sign_in.open(member.login, PASSWORD, HERE, member.next_code())
    secret = member.app.byte_secret()
    canaries = [secret, secret.hex().encode(), member.app.secret.encode()]
    canaries += [code.encode() for code in member.recovery]
    canaries += [code.replace("-", "").encode() for code in member.recovery]
    with member.broker.engine.connect() as connection:
        tables = ("audit_event", "second_factor", "recovery_code", "session", "idempotency", "sign_in_failure")
        for table in tables:
            for row in connection.exec_driver_sql(f"SELECT * FROM {table}"):  # noqa: S608  # names of ours
                told = b"|".join(it if isinstance(it, bytes) else str(it).encode() for it in row)
                assert [it for it in canaries if it in told] == [], table


def test_a_recovery_code_that_is_used_is_told_to_its_person(member: Member) -> None:
    def told() -> list[tuple[str, object]]:
        found = member.broker.notices.page(member.caller, unread=True, after=None, limit=9)
        return [(it.notice.kind, it.notice.facts.get("left")) for it in found]

    member.step_up(member.next_code())
    assert told() == []
    member.step_up(member.recovery[0])
    member.broker.sign_in.open(member.login, PASSWORD, HERE, member.recovery[1])
    assert refusal(lambda: member.step_up(member.recovery[1])).slug == "wrong-code"
    used = "account.recovery_code_used"
    assert told() == [(used, RECOVERY_CODES - 2), (used, RECOVERY_CODES - 1)]
