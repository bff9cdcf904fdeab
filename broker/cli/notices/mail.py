"""`xueliang mail`: is e-mail set up, does it get through; by the machine's operator."""

from dataclasses import asdict
from typing import Annotated

from typer import Argument

from broker.bootstrap import Broker
from broker.cli import screen
from broker.cli.grammar import Json, Noun
from broker.cli.machine import Data, at_the_machine

app = Noun()


@app.verb("status")
def status(data: Data = None, *, as_json: Json = False) -> None:
    """Say which mail server is set, and what did not get through."""
    with at_the_machine(data) as (broker, me):
        found = broker.mailbox.status(me)
    told = {f"mail_{name}": value for name, value in asdict(found).items()}
    screen.fields(told, as_json=as_json)
    say_if_off(broker)


@app.verb("test")
def try_out(address: Annotated[str, Argument(metavar="ADDRESS")], data: Data = None, *, as_json: Json = False) -> None:
    """Send one message now."""
    with at_the_machine(data) as (broker, me):
        broker.mailbox.test(me, address)
    screen.fields({"mail_sent": address}, as_json=as_json)


def say_if_off(broker: Broker) -> None:
    """Say beside the result that no e-mail is sent, when no mail server is set."""
    if broker.settings.smtp_url is None:
        screen.note("mail.off")
