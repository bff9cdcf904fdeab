"""`xueliang route`: by which rules requests go, who will have to decide, and how the rules are changed."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from typer import Argument, Exit, Option

from broker.cli import screen
from broker.cli.client.credentials import signed_in
from broker.cli.grammar import Json, Noun
from broker.cli.machine import Data, at_the_machine
from broker.cli.requests.plan_page import show_plan
from broker.cli.requests.previews import MaybeForm, MaybeReference, body_of, path_of
from broker.cli.texts import language
from broker.domain.errors import BrokerError, Invalid
from broker.locale import explain as sentence_of
from broker.services.deciding.rulebook_document import parse

COLUMNS = (
    "code",
    "name",
    "match",
    "center_approvals",
    "owner_authorizations",
    "center_hours",
    "owner_hours",
    "conditions",
)
CHANGE = ("place", "before", "after")
FAULTY = 2

File = Annotated[Path, Argument(metavar="FILE")]
AtVersion = Annotated[int | None, Option("--version", metavar="NUMBER", min=0)]
Operator = Annotated[bool, Option("--operator")]

app = Noun()


@app.verb("list")
def list_routes(*, version: AtVersion = None, as_json: Json = False) -> None:
    """Show the routes in their order: the first that fits counts."""
    routes = _document(version)["routes"]
    screen.rows(COLUMNS, routes if as_json else map(_row, routes), as_json=as_json)


@app.verb("show")
def show(route: Annotated[str, Argument(metavar="CODE")], *, version: AtVersion = None, as_json: Json = False) -> None:
    """Show one route in full."""
    routes = {found["code"]: found for found in _document(version)["routes"]}
    if route not in routes:
        raise Invalid("route-not-found", pointer="/code", route=route[:80], known=", ".join(routes))
    found = routes[route]
    screen.fields(found if as_json else _full(found), as_json=as_json)


@app.verb("export")
def export(*, version: AtVersion = None) -> None:
    """Print the whole rulebook as JSON, to be changed and brought back."""
    screen.document(_document(version))


@app.verb("check")
def check(file: File, *, local: Operator = False, data: Data = None, as_json: Json = False) -> None:
    """Check a rulebook and show what it would change; nothing is kept."""
    document = _checked(file, as_json=as_json)
    if local:
        with at_the_machine(data) as (broker, me):
            proposal = broker.rulebooks.check(me, document)
        changes = [vars(change) for change in proposal.changes]
    else:
        with signed_in() as server:
            changes = server.post("/rulebook/check", {"document": document})["changes"]
    _show_changes(changes, as_json=as_json)


@app.verb("import")
def import_rulebook(
    file: File,
    *,
    comment: Annotated[str, Option("--comment")],
    replaces: Annotated[int | None, Option("--replaces", metavar="NUMBER", min=0)] = None,
    local: Operator = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Bring a rulebook in force for what is submitted from now on."""
    document = _checked(file, as_json=as_json)
    if local:
        with at_the_machine(data) as (broker, me):
            held = broker.rulebooks.current(me).rules.version if replaces is None else replaces
            made, proposal = broker.rulebooks.change(me, document, comment, held)
        version, changes = made.rules.version, [vars(change) for change in proposal.changes]
    else:
        with signed_in() as server:
            held = server.get("/rulebook")["version"] if replaces is None else replaces
            answer = server.post("/rulebook", {"document": document, "comment": comment, "replaces": held})
        version, changes = answer["version"], answer["changes"]
    _show_changes(changes, as_json=as_json)
    screen.note("route.in-force", version=version)


@app.verb("explain")
def explain(request: MaybeReference = None, *, form: MaybeForm = None, as_json: Json = False) -> None:
    """Show who will have to decide on a draft, or on a form that was not sent yet."""
    with signed_in() as server:
        body = body_of(request, form)
        found = server.get(f"{path_of(server, request)}/plan") if body is None else server.post(
            "/access-requests/plan", body
        )  # fmt: skip
    show_plan(found, as_json=as_json)


def _document(version: int | None) -> dict[str, Any]:
    with signed_in() as server:
        found: dict[str, Any] = server.get("/rulebook" if version is None else f"/rulebook/{version}")["document"]
    return found


def _checked(file: Path, *, as_json: bool) -> object:
    """Return the document of a file; where it has faults, tell all of them and end."""
    try:
        document = json.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise Invalid("rulebook-file", file=str(file), reason=str(error)[:200]) from None
    try:
        parse(document, 1)
    except Invalid as error:
        _show_faults(error.faults, as_json=as_json)
        screen.note("route.faults", count=len(error.faults), file=file)
        raise Exit(FAULTY) from None
    return document


def _show_faults(faults: Sequence[BrokerError], *, as_json: bool) -> None:
    told = [{"pointer": it.pointer, "slug": it.slug, "detail": sentence_of(it, language())} for it in faults]
    if as_json:
        screen.document(told)
        return
    for fault in told:
        screen.plain(f"{fault['pointer']}\t{fault['detail']}")


def _show_changes(changes: Sequence[Mapping[str, Any]], *, as_json: bool) -> None:
    plain = [{**change, **{side: _value(change[side]) for side in CHANGE[1:]}} for change in changes]
    screen.rows(CHANGE, changes if as_json else plain, as_json=as_json)


def _value(value: object) -> str:
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def _row(route: Mapping[str, Any]) -> dict[str, Any]:
    asked = {name: value for name, value in route["match"].items() if value not in (None, [])}
    match = " ".join(
        f"{name}={','.join(map(str, v)) if isinstance(v, list) else str(v).lower()}" for name, v in asked.items()
    )
    return {**route, **route["deadlines"], "match": match}


def _full(route: Mapping[str, Any]) -> dict[str, Any]:
    row = _row(route)
    return {name: value for name, value in row.items() if name != "deadlines"}
