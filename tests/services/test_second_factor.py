"""The second factor by the clock: how it is enrolled, shown, goes stale and is lost, and how guessing is bounded."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

import pyotp
import pytest

from broker.bootstrap import Broker, build, operator
from broker.domain.accounts import Caller
from broker.domain.audit import Event
from broker.domain.errors import BrokerError, Conflict, Forbidden, Throttled, Unauthenticated, Unavailable
from broker.domain.second_factor import ENROLMENT, RECOVERY_CODES
from broker.services.accounts import ONE_TIME
from broker.services.throttle import LOGIN_TRIES, WINDOW
from policies import facts
from policies.vocabulary import Fact
from tests.city import PASSWORD, City
from tests.clock import Turned

HERE = "10.0.0.7"
STEP = timedelta(seconds=30)


@dataclass
class Member:
    """Somebody with an authenticator, and the session they work in."""

    broker: Broker
    clock: Turned
    login: str
    session: str
    app: pyotp.TOTP
    recovery: list[str]

    def code(self, off: int = 0) -> str:
        return self.app.at(self.clock.at + off * STEP)

    def next_code(self) -> str:
        """Wait for a code that was not used yet."""
        self.clock.at += 2 * STEP
        return self.code()

    @property
    def caller(self) -> Caller:
        return self.broker.sign_in.by_session(self.session)

    def step_up(self, code: str) -> None:
        self.broker.second_factor.step_up(self.caller, code, HERE)

    def known(self) -> Fact:
        return facts.of_second_factor(self.caller, self.clock.at)


def enrol(broker: Broker, clock: Turned, login: str) -> Member:
    session = broker.sign_in.open(login, PASSWORD, HERE).secret
    caller = broker.sign_in.by_session(session)
    app = pyotp.parse_uri(broker.second_factor.begin(caller, PASSWORD, HERE).uri)
    assert isinstance(app, pyotp.TOTP)
    confirmed = broker.second_factor.confirm(caller, app.at(clock.at), HERE)
    return Member(broker, clock, login, session, app, list(confirmed.codes))


@pytest.fixture
def member(turned: Broker, city: City, clock: Turned) -> Member:
    assert city.persons
    return enrol(turned, clock, "owner.cg")


def events(broker: Broker, stream: str) -> list[Event]:
    with broker.work() as work:
        return list(work.audit.stream(stream))


def kinds(broker: Broker, stream: str) -> list[str]:
    return [event.kind for event in events(broker, stream)]


def refusal(act: object) -> BrokerError:
    assert callable(act)
    with pytest.raises(BrokerError) as told:
        act()
    return told.value


def test_confirming_counts_as_stepping_up_and_goes_stale(member: Member, clock: Turned) -> None:
    assert member.known() == Fact.MFA_FRESH | Fact.MFA_MET
    standing = member.broker.second_factor.standing(member.caller)
    assert (standing.enrolled, standing.codes_left, standing.confirmed_at) == (True, RECOVERY_CODES, clock.at)
    limit = member.broker.settings.step_up_limit
    clock.at += limit - timedelta(microseconds=1)
    assert Fact.MFA_FRESH in member.known()
    clock.at += timedelta(microseconds=1)
    assert member.known() == Fact.NONE
    assert member.broker.second_factor.standing(member.caller).fresh_until is None
    member.step_up(member.code())
    assert member.known() == Fact.MFA_FRESH | Fact.MFA_MET
    assert member.caller.fresh_until == clock.at + limit


def test_the_limit_is_a_setting(member: Member, clock: Turned) -> None:
    settings = member.broker.settings.model_copy(update={"step_up_minutes": 2})
    stricter = build(settings, member.broker.database_url, member.broker.engine, clock)
    clock.at += timedelta(minutes=2)
    assert facts.of_second_factor(member.caller, clock.at) == Fact.MFA_FRESH | Fact.MFA_MET
    assert facts.of_second_factor(stricter.sign_in.by_session(member.session), clock.at) == Fact.NONE


def test_who_has_none_meets_it_and_is_never_fresh(turned: Broker, city: City, clock: Turned) -> None:
    caller = turned.sign_in.by_session(turned.sign_in.open("asker", PASSWORD, HERE).secret)
    assert facts.of_second_factor(caller, clock.at) == Fact.MFA_MET
    assert facts.of_second_factor(operator("tests"), clock.at) == Fact.MFA_MET
    assert refusal(lambda: turned.second_factor.step_up(caller, "123456", HERE)).slug == "second-factor-absent"
    assert refusal(lambda: turned.second_factor.remove(caller)).missing == ("mfa_fresh",)
    assert city.persons


def test_a_code_is_good_once_at_every_door(member: Member) -> None:
    used = member.code()  # confirmed the enrolment
    assert refusal(lambda: member.step_up(used)).slug == "wrong-code"
    fresh = member.next_code()
    member.step_up(fresh)
    for again in (fresh, f" {fresh[:3]} {fresh[3:]} "):
        assert refusal(lambda code=again: member.step_up(code)).slug == "wrong-code"
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
        told = refusal(lambda code=given: sign_in.open(member.login, "wrong-wrong-wrong", HERE, code))
        assert told.slug == "wrong-credentials"
    assert refusal(lambda: sign_in.open(member.login, PASSWORD, HERE, "")).slug == "wrong-code"
    signed = sign_in.open(member.login, PASSWORD, HERE, code)
    caller = sign_in.by_session(signed.secret)
    assert caller.fresh_until == signed.fresh_until == member.clock.at + member.broker.settings.step_up_limit
    assert facts.of_second_factor(caller, member.clock.at) == Fact.MFA_FRESH | Fact.MFA_MET


def test_a_token_is_as_fresh_as_what_issued_it_and_is_stepped_up_alone(member: Member, clock: Turned) -> None:
    issue = member.broker.accounts.issue_token
    _, early = issue(member.caller, "early", ["*"], timedelta(days=1))
    clock.at += member.broker.settings.step_up_limit
    _, late = issue(member.caller, "late", ["*"], timedelta(days=1))
    tokens = [member.broker.sign_in.by_token(secret) for secret in (early, late)]
    assert [facts.of_second_factor(token, clock.at) for token in tokens] == [Fact.NONE, Fact.NONE]
    clock.at -= timedelta(seconds=1)
    assert Fact.MFA_FRESH in facts.of_second_factor(member.broker.sign_in.by_token(early), clock.at)
    clock.at += timedelta(seconds=1)
    member.broker.second_factor.step_up(tokens[1], member.code(), HERE)
    assert member.known() == Fact.NONE
    assert Fact.MFA_FRESH in facts.of_second_factor(member.broker.sign_in.by_token(late), clock.at)
    assert facts.of_second_factor(member.broker.sign_in.by_token(early), clock.at) == Fact.NONE


def test_guesses_are_counted_over_all_doors(member: Member, clock: Turned, city: City) -> None:
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
    refused = [
        event for event in events(member.broker, f"sign_in/{city.persons[member.login]}") if "refused" in event.kind
    ]
    assert [event.kind for event in refused] == ["session:refused", "session:step_up_refused"] * (LOGIN_TRIES // 2)
    assert {str(event.data["wrong"]) for event in refused} == {"code"}
    clock.at += WINDOW + timedelta(seconds=1)
    member.step_up(member.code())


def test_guesses_at_the_same_moment_are_counted_too(member: Member) -> None:
    def guess(number: int) -> str:
        return refusal(lambda: member.broker.sign_in.open(member.login, PASSWORD, HERE, f"{number:06}")).slug

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(guess, range(3 * LOGIN_TRIES)))
    assert told.count("wrong-code") == LOGIN_TRIES
    assert told.count("too-many-sign-ins") == 2 * LOGIN_TRIES


def test_a_recovery_code_is_good_once(member: Member, city: City) -> None:
    first, second = member.recovery[:2]
    member.broker.sign_in.open(member.login, PASSWORD, HERE, first.lower())
    for act in (
        lambda: member.broker.sign_in.open(member.login, PASSWORD, HERE, first),
        lambda: member.step_up(first.replace("-", "")),
    ):
        assert refusal(act).slug == "wrong-code"
    member.step_up(second)
    assert member.broker.second_factor.standing(member.caller).codes_left == RECOVERY_CODES - 2
    used = [it for it in events(member.broker, f"sign_in/{city.persons[member.login]}") if "recovery" in it.kind]
    assert [event.data for event in used] == [{"left": RECOVERY_CODES - 1}, {"left": RECOVERY_CODES - 2}]


def test_fresh_recovery_codes_make_the_old_ones_void(member: Member, clock: Turned) -> None:
    clock.at += member.broker.settings.step_up_limit
    assert refusal(lambda: member.broker.second_factor.renew_codes(member.caller)).missing == ("mfa_fresh",)
    member.step_up(member.recovery[0])
    fresh = member.broker.second_factor.renew_codes(member.caller)
    assert len(fresh) == RECOVERY_CODES
    assert not set(fresh) & set(member.recovery)
    assert refusal(lambda: member.step_up(member.recovery[1])).slug == "wrong-code"
    member.step_up(fresh[-1])


def test_somebody_elses_recovery_code_is_none(member: Member, turned: Broker, clock: Turned) -> None:
    other = enrol(turned, clock, "owner.jt")
    assert refusal(lambda: member.step_up(other.recovery[0])).slug == "wrong-code"
    other.step_up(other.recovery[0])


def test_an_enrolment_needs_the_password_and_a_code_in_time(turned: Broker, city: City, clock: Turned) -> None:
    session = turned.sign_in.open("asker", PASSWORD, HERE).secret
    caller = turned.sign_in.by_session(session)
    told = refusal(lambda: turned.second_factor.begin(caller, "wrong-wrong-wrong", HERE))
    assert (told.slug, type(told)) == ("wrong-password", Forbidden)
    assert refusal(lambda: turned.second_factor.confirm(caller, "123456", HERE)).slug == "no-enrolment"
    dropped = pyotp.TOTP(turned.second_factor.begin(caller, PASSWORD, HERE).secret)
    app = pyotp.TOTP(turned.second_factor.begin(caller, PASSWORD, HERE).secret)
    assert turned.sign_in.open("asker", PASSWORD, HERE).fresh_until is None, "what is not confirmed asks for nothing"
    assert refusal(lambda: turned.second_factor.confirm(caller, dropped.at(clock.at), HERE)).slug == "wrong-code"
    clock.at += ENROLMENT
    assert refusal(lambda: turned.second_factor.confirm(caller, app.at(clock.at), HERE)).slug == "no-enrolment"
    app = pyotp.TOTP(turned.second_factor.begin(caller, PASSWORD, HERE).secret)
    turned.second_factor.confirm(caller, app.at(clock.at), HERE)
    assert refusal(lambda: turned.second_factor.begin(caller, PASSWORD, HERE)).slug == "second-factor-present"
    assert kinds(turned, f"person/{city.persons['asker']}")[-5:] == [
        "person:second_factor:begun",
        "person:second_factor:begun",
        "person:second_factor:begun",
        "person:second_factor:confirmed",
        "person:recovery_codes:issued",
    ]


def test_what_is_removed_is_gone_and_nothing_stays_fresh(member: Member, clock: Turned, city: City) -> None:
    _, token = member.broker.accounts.issue_token(member.caller, "t", ["*"], timedelta(days=1))
    clock.at += member.broker.settings.step_up_limit
    assert refusal(lambda: member.broker.second_factor.remove(member.caller)).missing == ("mfa_fresh",)
    member.step_up(member.code())
    member.broker.second_factor.remove(member.caller)
    assert kinds(member.broker, f"person/{city.persons[member.login]}")[-1] == "person:second_factor:removed"
    for caller in (member.caller, member.broker.sign_in.by_token(token)):
        assert (caller.second_factor, caller.stepped_up_at) == (False, None)
    with member.broker.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM recovery_code").scalar_one() == 0
        rows = connection.exec_driver_sql("SELECT octet_length(sealed) FROM second_factor").scalars()
        assert list(rows) == [0]
    member.broker.sign_in.open(member.login, PASSWORD, HERE)
    assert Fact.MFA_FRESH in enrol(member.broker, clock, member.login).known()


def test_a_lost_factor_is_reset_by_who_keeps_the_accounts(member: Member, city: City, clock: Turned) -> None:
    broker, key = member.broker, city.persons[member.login]
    secadmin, auditor = city.caller(broker, "secadmin"), city.caller(broker, "auditor")
    assert refusal(lambda: broker.second_factor.reset(auditor, key)).slug == "not-allowed"
    assert refusal(lambda: broker.second_factor.reset(secadmin, city.persons["secadmin"])).missing == ("not_self",)
    assert refusal(lambda: broker.second_factor.reset(secadmin, city.persons["asker"])).slug == "second-factor-absent"
    broker.second_factor.reset(secadmin, key)
    assert refusal(lambda: member.caller).slug == "session-ended"
    broker.sign_in.open(member.login, PASSWORD, HERE)
    last = events(broker, f"person/{key}")[-1]
    assert (last.kind, last.actor) == ("person:second_factor:reset", str(city.persons["secadmin"]))
    enrol(broker, clock, member.login)
    broker.second_factor.reset(operator("tests"), key)
    assert events(broker, f"person/{key}")[-1].actor == "operator:tests"


def test_an_administrator_with_a_factor_shows_it_before_resetting(turned: Broker, city: City, clock: Turned) -> None:
    admin = enrol(turned, clock, "secadmin")
    clock.at += turned.settings.step_up_limit
    for reset in (turned.accounts.reset_password, turned.second_factor.reset):
        assert refusal(lambda act=reset: act(admin.caller, city.persons["asker"])).missing == ("mfa_met",)
    admin.step_up(admin.code())
    assert turned.accounts.reset_password(admin.caller, city.persons["asker"]).text


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


def test_a_password_is_reset_and_only_changed_with_it(turned: Broker, city: City) -> None:
    key, accounts = city.persons["asker"], turned.accounts
    before = turned.sign_in.open("asker", PASSWORD, HERE).secret
    _, token = accounts.issue_token(turned.sign_in.by_session(before), "t", ["*"], timedelta(days=90))
    assert refusal(lambda: accounts.reset_password(city.caller(turned, "auditor"), key)).slug == "not-allowed"
    handed = accounts.reset_password(city.caller(turned, "secadmin"), key)
    assert handed.text not in repr(handed)
    assert refusal(lambda: turned.sign_in.by_session(before)).slug == "session-ended"
    assert refusal(lambda: turned.sign_in.open("asker", PASSWORD, HERE)).slug == "wrong-credentials"
    signed = turned.sign_in.open("asker", handed.text, HERE)
    for caller in (turned.sign_in.by_session(signed.secret), turned.sign_in.by_token(token)):
        for act in (accounts.me, turned.second_factor.standing):
            assert refusal(lambda it=act, who=caller: it(who)).slug == "password-change-needed"
    caller = turned.sign_in.by_session(signed.secret)
    same = refusal(lambda: accounts.change_password(caller, handed.text, handed.text))
    assert (same.slug, same.pointer) == ("password-unchanged", "/new")
    accounts.change_password(caller, handed.text, "four-rivers-meet")
    assert accounts.me(turned.sign_in.by_token(token)).person.one_time_until is None
    signed = turned.sign_in.open("asker", "four-rivers-meet", HERE)
    assert accounts.me(turned.sign_in.by_session(signed.secret)).person.login == "asker"
    assert kinds(turned, f"person/{key}")[-2:] == ["person:password:reset", "person:password:changed"]
    assert handed.text.encode() not in b"".join(event.body for event in events(turned, f"person/{key}"))


def test_a_password_that_was_handed_out_is_good_for_days_only(turned: Broker, city: City, clock: Turned) -> None:
    handed = turned.accounts.reset_password(operator("tests"), city.persons["asker"])
    assert handed.until == clock.at + ONE_TIME
    clock.at = handed.until
    assert refusal(lambda: turned.sign_in.open("asker", handed.text, HERE)).slug == "wrong-credentials"


def test_a_reset_password_leaves_the_second_factor(member: Member, city: City) -> None:
    handed = member.broker.accounts.reset_password(operator("tests"), city.persons[member.login])
    told = refusal(lambda: member.broker.sign_in.open(member.login, handed.text, HERE))
    assert told.slug == "second-factor-needed"
    signed = member.broker.sign_in.open(member.login, handed.text, HERE, member.next_code())
    assert signed.person.one_time_until == handed.until


def test_nobody_resets_their_own_password(turned: Broker, city: City) -> None:
    secadmin = city.caller(turned, "secadmin")
    told = refusal(lambda: turned.accounts.reset_password(secadmin, city.persons["secadmin"]))
    assert told.missing == ("not_self",)
