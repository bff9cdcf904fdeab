"""`xueliang user passwd`: the own password, over the server like everything a person does."""

from broker.cli import screen
from broker.cli.client.credentials import signed_in
from broker.cli.grammar import Noun
from broker.cli.passwords import FromInput, known_password

app = Noun()


@app.verb("passwd")
def change_password(*, stdin: FromInput = False) -> None:
    """Change the own password; every session of this person ends."""
    old = known_password(stdin=stdin, prompt="prompt.old-password")
    new = known_password(stdin=stdin, twice=True, prompt="prompt.new-password")
    with signed_in() as server:
        server.post("/me/password", {"old": old.get(), "new": new.get()})
    screen.note("passwd.done")
