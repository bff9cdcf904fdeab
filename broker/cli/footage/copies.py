"""`xueliang copies`: from the code in a watermark back to who took the copy."""

from typing import Annotated

from typer import Argument

from broker.cli import screen
from broker.cli.client.credentials import signed_in
from broker.cli.grammar import Json, Noun
from broker.cli.instants import shown, shown_span
from broker.cli.texts import tell

app = Noun()


@app.callback(help=" ")
def _group() -> None:
    """Keep the word `find`, although it is the only one."""


@app.verb("find")
def find(code: Annotated[str, Argument(metavar="CODE")], *, as_json: Json = False) -> None:
    """Find out who took a copy, by the code in its watermark."""
    with signed_in() as server:
        found = server.get(f"/copies/{code}")
    if as_json:
        screen.document(found)
        return
    asked = found["asked"]
    told = shown_span(asked["span"]["begin"], asked["span"]["end"]) if asked["span"] else shown(asked["instant"])
    screen.fields({
        "person": f"{found['person']['name']} ({found['person']['login']})",
        "department": found["department"]["name"],
        "number": found["number"],
        "owner": found["owner"]["name"],
        "camera": found["camera"]["name"],
        "action": tell(f"retrieve.{found['action']}"),
        "asked": told,
        "ordered_at": shown(found["ordered_at"]),
        "emergency": found["emergency"],
        "retrieval": found["retrieval"],
        "grant": found["grant"],
    }, as_json=False)  # fmt: skip
