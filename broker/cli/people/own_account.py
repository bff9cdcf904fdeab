"""`xueliang user passwd` and `contact`: the own account, over the server like everything a person does."""

from typing import Annotated

from typer import Option

from broker.cli import screen
from broker.cli.client.credentials import signed_in
from broker.cli.grammar import Json, Noun
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


@app.verb("contact")
def contact(
    *,
    email: Annotated[str | None, Option("--email", metavar="ADDRESS")] = None,
    language: Annotated[str | None, Option("--language", metavar="zh_CN|en")] = None,
    as_json: Json = False,
) -> None:
    """Show where e-mail goes to oneself, or change it; an empty address means no e-mail."""
    with signed_in() as server:
        found = server.get("/me/contact")
        if email is not None or language is not None:
            told = {"email": email, "language": language}
            found |= {name: value or None for name, value in told.items() if value is not None}
            found = server.put("/me/contact", found)
    screen.fields(found, as_json=as_json)
