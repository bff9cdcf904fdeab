"""`xueliang register`: the access register as the person signed in may read it."""

from pathlib import Path
from typing import Annotated, Any, Literal

from typer import Option

from broker.cli import screen
from broker.cli.client.credentials import signed_in
from broker.cli.client.references import access_request, camera
from broker.cli.client.server import Server
from broker.cli.grammar import Json, Limit, Noun
from broker.cli.instants import instant, shown, shown_span
from broker.cli.texts import tell
from broker.cli.whole_files import whole_file
from broker.domain.errors import Conflict, Invalid
from broker.domain.oversight.register import LookAct, LookResult

COLUMNS = ("number", "at", "person", "department", "act", "camera", "asked", "result", "request", "outcome")
NEXT = "X-Next-After"

Begin = Annotated[str | None, Option("--from", metavar="TIME")]
End = Annotated[str | None, Option("--to", metavar="TIME")]
Department = Annotated[str | None, Option("--department", metavar="CODE")]
Owner = Annotated[str | None, Option("--owner", metavar="CODE")]
Person = Annotated[str | None, Option("--person", metavar="LOGIN")]
Camera = Annotated[str | None, Option("--camera", metavar="CAMERA")]
Request = Annotated[str | None, Option("--request", metavar="NUMBER|ID")]
Act = Annotated[LookAct | None, Option("--act", metavar="order|deliver|view")]
Result = Annotated[LookResult | None, Option("--result", metavar="allowed|refused")]

app = Noun()


@app.verb("list")
def list_lines(
    *,
    begin: Begin = None,
    end: End = None,
    department: Department = None,
    owner: Owner = None,
    person: Person = None,
    point: Camera = None,
    request: Request = None,
    act: Act = None,
    result: Result = None,
    limit: Limit = 50,
    as_json: Json = False,
) -> None:
    """Show lines in the order of the register."""
    with signed_in() as server:
        sought = {"department": department, "owner": owner, "person": person, "act": act, "result": result}
        query = sought | _times(begin, end) | _things(server, point, request)
        pages = server.pages("/access-register", **query, limit=min(limit, 200))
        found = [line for line, _ in zip(pages, range(limit), strict=False)]
    screen.rows(COLUMNS, found if as_json else map(_row, found), as_json=as_json)


@app.verb("export")
def export(
    *,
    output: Annotated[Path, Option("--output", "-o", metavar="FILE")],
    list_format: Annotated[Literal["csv", "xlsx", "pdf"] | None, Option("--format", metavar="csv|xlsx|pdf")] = None,
    begin: Begin = None,
    end: End = None,
    department: Department = None,
    owner: Owner = None,
    person: Person = None,
    point: Camera = None,
    request: Request = None,
    act: Act = None,
    result: Result = None,
    after: Annotated[int, Option("--after", metavar="NUMBER", min=0)] = 0,
    force: Annotated[bool, Option("--force")] = False,
) -> None:
    """Take the register away as a file; a file that was cut says where the next one begins."""
    form = list_format or output.suffix.removeprefix(".").lower()
    if form not in {"csv", "xlsx", "pdf"}:
        raise Invalid("register-format", pointer="/format", file=str(output))
    if output.exists() and not force:
        raise Conflict("file-exists", file=str(output))
    with signed_in() as server:
        sought = {"department": department, "owner": owner, "person": person, "act": act, "result": result}
        query = sought | _times(begin, end) | _things(server, point, request)
        following = _take(server, {"format": form, "after": after, **query}, output)
    screen.line("register.exported", file=output)
    if following is not None:
        screen.note("register.cut", after=following)


def _take(server: Server, query: dict[str, object], output: Path) -> str | None:
    """Bring the file into place whole or not at all; return after which number the next one begins."""
    with server.stream("/access-register/export", {}, **query) as response:
        whole_file(output, response.iter_bytes())
    following: str | None = response.headers.get(NEXT)
    return following


def _times(begin: str | None, end: str | None) -> dict[str, object]:
    return {
        "from": instant(begin, "--from").isoformat() if begin else None,
        "to": instant(end, "--to").isoformat() if end else None,
    }


def _things(server: Server, point: str | None, request: str | None) -> dict[str, object]:
    return {
        "camera": camera(server, point)["id"] if point else None,
        "request": access_request(server, request)["id"] if request else None,
    }


def _row(line: dict[str, Any]) -> dict[str, object]:
    outcome, refusal = line["outcome"], line["refusal"]
    ended = None
    if outcome is not None:
        ended = tell("register.cut-off", bytes=outcome["bytes"]) if outcome["cut_off_by"] else outcome["bytes"]
    return {
        "number": line["number"],
        "at": shown(line["at"]),
        "person": line["person"]["name"],
        "department": line["department"]["name"],
        "act": tell(f"register.{line['act']}", action=tell(f"retrieve.{line['action']}")),
        "camera": line["camera"]["name"],
        "asked": shown_span(line["begin"], line["end"]) if line["end"] else shown(line["begin"]),
        "result": tell(f"register.{line['result']}") + (f" {refusal}" if refusal else ""),
        "request": line["why"] and line["why"]["number"],
        "outcome": ended,
    }
