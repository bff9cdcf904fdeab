"""The caller's own second factor: enrolling, recovery codes, stepping up."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import ConfigDict, Field, SecretStr

from broker.web.api.people.persons import Password
from broker.web.auth import address_of
from broker.web.deps import BrokerDep, CallerDep
from broker.web.routes import OnceRoute, StrictRoute
from broker.web.values import In, Out

router = APIRouter(prefix="/me", tags=["me"], route_class=OnceRoute)
showing = APIRouter(prefix="/me", tags=["me"], route_class=StrictRoute)
"""Answers that hold a secret, and codes that are good once, keep out of the memory of answers."""

LONGEST_CODE = 40
Code = Annotated[SecretStr, Field(min_length=1, max_length=LONGEST_CODE)]


class BeginIn(In):
    """The password again: a session that was left open enrols nobody."""

    password: Password


class CodeIn(In):
    """The code that the authenticator shows now, or a recovery code; each is good once."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"code": "492039"}]})

    code: Code


class EnrolmentOut(Out):
    """What the authenticator is given, shown this once; it counts when a code has confirmed it."""

    secret: str
    uri: str


class CodesOut(Out):
    """Recovery codes, each good once; shown this once."""

    recovery_codes: list[str]


class ConfirmedOut(CodesOut):
    """The recovery codes of a fresh enrolment; the code that confirmed it counts as shown until `fresh_until`."""

    fresh_until: datetime


class FreshOut(Out):
    """Until when the second factor counts as shown just now, for this session or token."""

    fresh_until: datetime


class SecondFactorOut(Out):
    """Where the own second factor stands; `fresh_until` None when it was not shown lately."""

    enrolled: bool
    confirmed_at: datetime | None
    recovery_codes_left: int
    fresh_until: datetime | None


@router.get("/second-factor")
def read_second_factor(caller: CallerDep, broker: BrokerDep) -> SecondFactorOut:
    """查看本人的二次验证状态。See where your second factor stands."""
    found = broker.second_factor.standing(caller)
    return SecondFactorOut(
        enrolled=found.enrolled, confirmed_at=found.confirmed_at, recovery_codes_left=found.codes_left,
        fresh_until=found.fresh_until,
    )  # fmt: skip


@showing.post("/second-factor", status_code=201)
def begin_second_factor(body: BeginIn, request: Request, caller: CallerDep, broker: BrokerDep) -> EnrolmentOut:
    """开始登记二次验证，密钥只显示一次。Begin to enrol an authenticator; its secret is shown once."""
    found = broker.second_factor.begin(caller, body.password.get_secret_value(), address_of(request))
    return EnrolmentOut(secret=found.secret, uri=found.uri)


@showing.post("/second-factor/confirm")
def confirm_second_factor(body: CodeIn, request: Request, caller: CallerDep, broker: BrokerDep) -> ConfirmedOut:
    """用验证码确认登记，返回恢复码。Confirm the enrolment with a code; recovery codes come back, once."""
    found = broker.second_factor.confirm(caller, body.code.get_secret_value(), address_of(request))
    return ConfirmedOut(recovery_codes=list(found.codes), fresh_until=found.fresh_until)


@router.delete("/second-factor", status_code=204)
def remove_second_factor(caller: CallerDep, broker: BrokerDep) -> None:
    """取消本人的二次验证（须先完成二次验证）。Do without a second factor; step up first."""
    broker.second_factor.remove(caller)


@showing.post("/second-factor/recovery-codes")
def renew_recovery_codes(caller: CallerDep, broker: BrokerDep) -> CodesOut:
    """更换恢复码，旧码作废（须先完成二次验证）。Replace the recovery codes; step up first."""
    return CodesOut(recovery_codes=list(broker.second_factor.renew_codes(caller)))


@showing.post("/step-up")
def step_up(body: CodeIn, request: Request, caller: CallerDep, broker: BrokerDep) -> FreshOut:
    """完成二次验证，在限定时间内有效。Show the second factor, for this session or token and a short while."""
    until = broker.second_factor.step_up(caller, body.code.get_secret_value(), address_of(request))
    return FreshOut(fresh_until=until)
