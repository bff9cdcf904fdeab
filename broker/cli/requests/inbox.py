"""`xueliang inbox`: what waits for the word of who is signed in, the nearest deadline first."""

from collections.abc import Mapping
from typing import Any

from broker.cli import screen
from broker.cli.client.credentials import signed_in
from broker.cli.grammar import Json, Limit, Noun
from broker.cli.instants import shown
from broker.cli.texts import tell

COLUMNS = ("act", "number", "department", "due", "since")

app = Noun()


@app.verb("inbox")
def inbox(*, limit: Limit = 50, as_json: Json = False) -> None:
    """Show what waits."""
    with signed_in() as server:
        pages = server.pages("/me/inbox", limit=min(limit, 200))
        found = [row for row, _ in zip(pages, range(limit), strict=False)]
    screen.rows(COLUMNS, found if as_json else map(_row, found), as_json=as_json)


def _row(row: Mapping[str, Any]) -> dict[str, object]:
    return {
        "act": tell(f"act.{row['act']}"),
        "number": row["number"],
        "department": row["department"]["name"],
        "due": shown(row["due"]) if row["due"] else "",
        "since": shown(row["since"]) if row["since"] else "",
    }
