"""`xueliang step-up`: show the second factor, so that what asks for a fresh one is allowed for a while."""

from broker.cli import screen
from broker.cli.client.credentials import signed_in
from broker.cli.codes import Code, known_code
from broker.cli.grammar import Json, Noun
from broker.cli.instants import shown

app = Noun()


@app.verb("step-up")
def step_up(*, code: Code = None, as_json: Json = False) -> None:
    """Show the second factor."""
    given = known_code(code)
    with signed_in() as server:
        told = server.post("/me/step-up", {"code": given})
    screen.fields(told if as_json else {"fresh_until": shown(told["fresh_until"])}, as_json=as_json)
