"""Passwords that are handed out: good once, for some days, and for nothing but choosing another."""

from datetime import timedelta
from functools import partial

from broker.bootstrap import Broker, operator
from broker.services.people.accounts import ONE_TIME
from tests.city import PASSWORD, City
from tests.clock import Turned
from tests.services.members import HERE, Member, Somebody, events, kinds, refusal


def test_a_password_is_reset_and_only_changed_with_it(house: Broker, city: City, somebody: Somebody) -> None:
    key, accounts = somebody.id, house.accounts
    before = house.sign_in.open(somebody.login, PASSWORD, HERE).secret
    _, token = accounts.issue_token(house.sign_in.by_session(before), "t", ["*"], timedelta(days=90))
    assert refusal(lambda: accounts.reset_password(city.caller(house, "auditor"), key)).slug == "not-allowed"
    handed = accounts.reset_password(city.caller(house, "secadmin"), key)
    assert handed.text not in repr(handed)
    assert refusal(lambda: house.sign_in.by_session(before)).slug == "session-ended"
    assert refusal(lambda: house.sign_in.open(somebody.login, PASSWORD, HERE)).slug == "wrong-credentials"
    signed = house.sign_in.open(somebody.login, handed.text, HERE)
    for caller in (house.sign_in.by_session(signed.secret), house.sign_in.by_token(token)):
        for act in (accounts.me, house.second_factor.standing):
            assert refusal(partial(act, caller)).slug == "password-change-needed"
    caller = house.sign_in.by_session(signed.secret)
    same = refusal(lambda: accounts.change_password(caller, handed.text, handed.text))
    assert (same.slug, same.pointer) == ("password-unchanged", "/new")
    accounts.change_password(caller, handed.text, "four-rivers-meet")
    assert accounts.me(house.sign_in.by_token(token)).person.one_time_until is None
    signed = house.sign_in.open(somebody.login, "four-rivers-meet", HERE)
    assert accounts.me(house.sign_in.by_session(signed.secret)).person.login == somebody.login
    assert kinds(house, f"person/{key}")[-2:] == ["person:password:reset", "person:password:changed"]
    assert handed.text.encode() not in b"".join(event.body for event in events(house, f"person/{key}"))


def test_a_password_that_was_handed_out_is_good_for_days_only(
    house: Broker, somebody: Somebody, house_clock: Turned
) -> None:
    handed = house.accounts.reset_password(operator("tests"), somebody.id)
    assert handed.until == house_clock.at + ONE_TIME
    house_clock.at = handed.until
    assert refusal(lambda: house.sign_in.open(somebody.login, handed.text, HERE)).slug == "wrong-credentials"


def test_a_reset_password_leaves_the_second_factor(member: Member) -> None:
    handed = member.broker.accounts.reset_password(operator("tests"), member.id)
    told = refusal(lambda: member.broker.sign_in.open(member.login, handed.text, HERE))
    assert told.slug == "second-factor-needed"
    signed = member.broker.sign_in.open(member.login, handed.text, HERE, member.next_code())
    assert signed.person.one_time_until == handed.until


def test_nobody_resets_their_own_password(house: Broker, city: City) -> None:
    secadmin = city.caller(house, "secadmin")
    told = refusal(lambda: house.accounts.reset_password(secadmin, city.persons["secadmin"]))
    assert told.missing == ("not_self",)
