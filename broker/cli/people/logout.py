"""`xueliang logout`: end the token that `login` made, on the server and here."""

from broker.cli import screen
from broker.cli.client.credentials import forget, stored
from broker.cli.client.server import Server, Token
from broker.cli.grammar import Noun

app = Noun()


@app.verb("logout")
def logout() -> None:
    """Revoke the token; the file goes even when the server cannot be told."""
    known = stored()
    if known is None:
        screen.note("logout.nobody")
        return
    try:
        with Server(known.url, Token(known.token)) as server:
            server.delete(f"/me/tokens/{known.token_id}")
    finally:
        forget()
    screen.note("logout.done", login=known.login, url=known.url)
