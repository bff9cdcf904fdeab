"""The verbs before a request is sent: the form's schema, the dry run, and what stands out."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from typer import Argument, Exit, Option

from broker.cli import screen
from broker.cli.client.credentials import signed_in
from broker.cli.client.references import access_request
from broker.cli.client.server import Server
from broker.cli.grammar import Json, Noun
from broker.cli.instants import shown, shown_span
from broker.cli.requests.plan_page import show_plan
from broker.cli.requests.request_page import name_of
from broker.cli.texts import tell
from broker.domain.errors import Invalid

REFUSED = 2
LINE = ("camera", "asked", "asked_seconds", "recorded_seconds", "missing_seconds", "missing")
FAULT = ("pointer", "detail")
SEALED = ("camera", "span", "state", "overwritten_at", "sealed_at", "detail")

Reference = Annotated[str, Argument(metavar="NUMBER|ID")]
MaybeReference = Annotated[str | None, Argument(metavar="NUMBER|ID")]
MaybeForm = Annotated[Path | None, Option("--form", metavar="FILE")]

app = Noun()


@app.verb("form")
def form() -> None:
    """Print the JSON Schema of the form of a request, with its lists and limits."""
    with signed_in() as server:
        screen.document(server.get("/access-requests/form"))


@app.verb("check")
def check(request: MaybeReference = None, *, form: MaybeForm = None, as_json: Json = False) -> None:
    """Try the submission: all that would be refused, what is recorded, who decides, what stands out."""
    with signed_in() as server:
        body = body_of(request, form)
        path = "/access-requests" if body is not None else path_of(server, request)
        found = server.post(f"{path}/check", body)
    if as_json:
        screen.document(found)
    else:
        _show(found)
    if not found["accepted"]:
        raise Exit(REFUSED)


@app.verb("findings")
def findings(request: Reference, *, as_json: Json = False) -> None:
    """Show what stands out about a request, for those who decide on it."""
    with signed_in() as server:
        found = server.get(f"{path_of(server, request)}/findings")["findings"]
    if as_json:
        screen.document(found)
        return
    for finding in found:
        screen.plain(_finding(finding))
    if not found:
        screen.line("findings.none")


@app.verb("coverage")
def coverage(request: Reference, *, as_json: Json = False) -> None:
    """Show what is recorded of a request, as it is known now."""
    with signed_in() as server:
        found = server.get(f"{path_of(server, request)}/coverage")
    if as_json:
        screen.document(found)
        return
    screen.rows(LINE, map(_line, found["lines"]), as_json=False)
    screen.note("coverage.refreshing" if found["refreshing"] else "coverage.at", at=shown(found["at"]))


@app.verb("escrow")
def escrow(request: Reference, *, as_json: Json = False) -> None:
    """Show what is sealed of a request until it is decided."""
    with signed_in() as server:
        found = server.get(f"{path_of(server, request)}/escrow")["copies"]
    if as_json:
        screen.document(found)
        return
    screen.rows(SEALED, map(_sealed, found), as_json=False)
    if not found:
        screen.note("escrow.none")


def body_of(request: str | None, file: Path | None) -> dict[str, Any] | None:
    """Return the form of a file, None where a request is named instead.

    Raises:
        Invalid: neither or both are given, or the file holds no form.
    """
    if (request is None) == (file is None):
        raise Invalid("request-or-form")
    if file is None:
        return None
    try:
        read = json.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise Invalid("form-file", file=str(file), reason=str(error)[:200]) from None
    if not isinstance(read, dict):
        raise Invalid("form-file", file=str(file), reason="{…}")
    return read


def path_of(server: Server, request: str | None) -> str:
    """Return where a request lies."""
    return f"/access-requests/{access_request(server, request or '')['id']}"


def _show(found: Mapping[str, Any]) -> None:
    screen.line("check.accepted" if found["accepted"] else "check.refused", count=len(found["faults"]))
    for fault in found["faults"]:
        screen.plain(f"  {fault['pointer'] or '/'}\t{fault['detail']}")
    screen.plain()
    show_plan(found["plan"], as_json=False, faults=False)
    screen.plain()
    screen.rows(LINE, map(_line, found["lines"]), as_json=False)
    for finding in found["findings"]:
        screen.plain(_finding(finding))


def _line(line: Mapping[str, Any]) -> dict[str, object]:
    if line["fault"]:
        gaps = line["fault"]["detail"]
    else:
        gaps = [f"{shown_span(gap['begin'], gap['end'])} {gap['detail']}" for gap in line["missing"]]
    asked = shown_span(line["asked"]["begin"], line["asked"]["end"])
    seconds = {name: _figure(line[name]) for name in ("asked_seconds", "recorded_seconds", "missing_seconds")}
    return {"camera": name_of(line["camera"]), "asked": asked, **seconds, "missing": gaps}


def _sealed(copy: Mapping[str, Any]) -> dict[str, object]:
    span = shown_span(copy["span"]["begin"], copy["span"]["end"])
    at = {name: shown(copy[name]) for name in ("overwritten_at", "sealed_at")}
    state = tell(f"state.{copy['state']}")
    return {"camera": name_of(copy["camera"]), "span": span, "state": state, **at, "detail": copy["detail"]}


def _figure(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.3f}".rstrip("0").rstrip(".")


def _finding(finding: Mapping[str, Any]) -> str:
    cameras = ", ".join(name_of(camera) for camera in finding["cameras"])
    return f"! {finding['detail']}" + (f" [{cameras}]" if cameras else "")
