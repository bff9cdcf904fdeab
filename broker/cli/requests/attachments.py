"""The papers of a request: hand them in, list them, take them away."""

import hashlib
import os
from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from broker.cli import screen
from broker.cli.client.credentials import signed_in
from broker.cli.client.references import access_request
from broker.cli.grammar import Json, Noun
from broker.cli.instants import shown
from broker.domain.errors import Conflict, Invalid, Unavailable, Unknown

COLUMNS = ("id", "name", "media_type", "size", "uploaded_by", "at")

Reference = Annotated[str, Argument(metavar="NUMBER|ID")]
Key = Annotated[str, Argument(metavar="ID")]
Output = Annotated[Path | None, Option("--output", "-o", metavar="FILE")]
Force = Annotated[bool, Option("--force")]

app = Noun()


@app.verb("attach")
def attach(request: Reference, file: Annotated[Path, Argument(metavar="FILE")], *, as_json: Json = False) -> None:
    """Attach a paper to a draft or a returned request."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise Invalid("file-unreadable", pointer="/file", file=str(file), reason=error.strerror or "") from error
    with signed_in() as server:
        found = access_request(server, request)
        paper = server.upload(f"/access-requests/{found['id']}/attachments", file.name, content)
    screen.fields(_row(paper) if not as_json else paper, as_json=as_json)


@app.verb("attachments")
def list_papers(request: Reference, *, as_json: Json = False) -> None:
    """Show the papers of a request."""
    with signed_in() as server:
        found = server.get(f"/access-requests/{access_request(server, request)['id']}/attachments")["items"]
    screen.rows(COLUMNS, found if as_json else map(_row, found), as_json=as_json)


@app.verb("attachment")
def take(request: Reference, attachment: Key, *, output: Output = None, force: Force = False) -> None:
    """Take a paper away; its digest is checked."""
    with signed_in() as server:
        paper = _paper(server.get(f"/access-requests/{access_request(server, request)['id']}/attachments"), attachment)
        target = output or Path(str(paper["name"]))
        if target.exists() and not force:
            raise Conflict("file-exists", file=str(target))
        with server.stream(f"/attachments/{paper['id']}/content", {}) as response:
            content = response.read()
    if hashlib.sha256(content).hexdigest() != paper["digest"]:
        raise Unavailable("digest-differs", file=str(target), digest=paper["digest"])
    part = target.with_name(f"{target.name}.part")
    try:
        with part.open("wb") as file:
            file.write(content)
            os.fsync(file.fileno())
        part.replace(target)
    except OSError as error:
        raise Invalid("file-unwritable", file=str(target), reason=error.strerror or "") from error
    finally:
        part.unlink(missing_ok=True)
    screen.line("attachment.taken", file=target)


@app.verb("detach")
def detach(request: Reference, attachment: Key) -> None:
    """Take a paper back before the request is handed in."""
    with signed_in() as server:
        paper = _paper(server.get(f"/access-requests/{access_request(server, request)['id']}/attachments"), attachment)
        server.delete(f"/attachments/{paper['id']}")
    screen.line("attachment.removed", name=paper["name"])


def _paper(found: dict[str, list[dict[str, object]]], key: str) -> dict[str, object]:
    for paper in found["items"]:
        if paper["id"] == key:
            return paper
    raise Unknown("unknown-attachment", attachment=key[:80])


def _row(paper: dict[str, object]) -> dict[str, object]:
    by = paper["uploaded_by"]
    told = {name: paper[name] for name in ("id", "name", "media_type", "size", "digest")}
    return {**told, "uploaded_by": by["name"] if isinstance(by, dict) else "", "at": shown(str(paper["at"]))}
