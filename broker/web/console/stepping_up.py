"""A form that asks for the second factor brings the code along, so that nothing typed is lost on the way."""

from fastapi import Request

from broker.bootstrap import Broker
from broker.domain.people.accounts import Caller
from broker.web.api.people.second_factor import CodeIn
from broker.web.auth import address_of, authenticate
from broker.web.console.forms import CODE_FIELD, Form, checked
from storage.db.house.idempotency import current_write


def stepped_up(request: Request, form: Form, caller: Caller, broker: Broker) -> Caller:
    """Return the caller, with the second factor shown now where the form holds a code.

    Raises:
        Forbidden: `wrong-code`.
    """
    code = form.one(CODE_FIELD)
    if not code:
        return caller
    body = checked(CodeIn, {"code": code})
    held = current_write.set(None)  # the form is marked as carried out by what follows, not by its code
    try:
        broker.second_factor.step_up(caller, body.code.get_secret_value(), address_of(request))
    finally:
        current_write.reset(held)
    request.state.caller = None
    return authenticate(request)
