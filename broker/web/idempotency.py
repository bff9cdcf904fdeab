"""One key, one write: the mark is set in the transaction of the write itself, the answer is kept after it.

A call that fails leaves no mark, so it may be sent again under its key. A mark without an answer means that the
program stopped between the two; the caller is told so and looks, instead of writing twice.
"""

import hashlib
import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from broker.bootstrap import Broker
from broker.domain.errors import Conflict, Invalid
from broker.domain.people.accounts import Caller
from broker.web.bodies import ReadRequest
from storage.db.house.idempotency import Answer, Write, current_write

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
SUCCESS = range(200, 300)
AFTER_A_FORM = 303
FORMS = ("multipart/", "application/x-www-form-urlencoded")
SECRET_MEMBERS = frozenset({"password", "old", "new", "options", "csrf"})
"""Left out of the fingerprint: a plain digest of a password would stand in the database for two days."""

_KEY = re.compile(r"[\x20-\x7e]{1,200}")
_PRIMARY_KEY = "pk_idempotency"
_CHUNK = 64 * 1024


async def once(request: Request, handler: Callable[[Request], Awaitable[Response]]) -> Response:
    """Carry a write out under its key, or replay what it was answered.

    Raises:
        Invalid: the key is malformed, or was used for another call.
        Conflict: the same key is being carried out, or its answer was lost.
    """
    field: str | None = getattr(request.state, "once_given", None)  # of a form of the console
    key = request.headers.get(HEADER, field)
    caller: Caller | None = getattr(request.state, "caller", None)
    if key is None or caller is None or caller.person_id is None:
        return await handler(request)
    if not _KEY.fullmatch(key):
        raise Invalid("idempotency-key-malformed", pointer=f"#header/{HEADER}")
    try:
        return await _once(Write(str(caller.person_id), key, await fingerprint(request)), caller, request, handler)
    finally:
        await request.close()  # a form that was read for its fingerprint and not carried out


async def _once(
    write: Write, caller: Caller, request: Request, handler: Callable[[Request], Awaitable[Response]]
) -> Response:
    broker: Broker = request.app.state.broker
    before = await run_in_threadpool(_find, broker, write)
    if before is not None:
        return _replay(before, write)
    response = await _carried_out(write, request, handler)
    if response.status_code in SUCCESS or response.status_code == AFTER_A_FORM:
        await run_in_threadpool(_remember, broker, caller, write, response)
    return response


async def fingerprint(request: Request) -> str:
    """Return a digest of all that makes a call this call and no other."""
    digest = hashlib.sha256()
    digest.update(f"{request.method} {request.scope['path']}?".encode() + request.scope["query_string"] + b"\n")
    if isinstance(request, ReadRequest) and request.document is not None:
        digest.update(_canonical(request.document))
    elif request.headers.get("content-type", "").startswith(FORMS):
        # The parts, not the raw bytes: a client that sends again draws another boundary.
        for name, part in (await request.form()).multi_items():
            told = part.filename if isinstance(part, UploadFile) else "" if name in SECRET_MEMBERS else part
            digest.update(f"\n{name}={told}\n".encode())
            if isinstance(part, UploadFile):
                digest.update(await _digest_of(part))
    return digest.hexdigest()


def _canonical(document: Any) -> bytes:
    if isinstance(document, dict):
        document = {name: None if name in SECRET_MEMBERS else value for name, value in document.items()}
    return json.dumps(document, sort_keys=True).encode()


async def _digest_of(file: UploadFile) -> bytes:
    digest = hashlib.sha256()
    while chunk := await file.read(_CHUNK):
        digest.update(chunk)
    await file.seek(0)
    return digest.digest()


async def _carried_out(write: Write, request: Request, handler: Callable[[Request], Awaitable[Response]]) -> Response:
    token = current_write.set(write)  # the thread pool takes the context along, so the unit of work sees it
    try:
        return await handler(request)
    except Conflict as error:
        if error.facts.get("subject") == _PRIMARY_KEY:
            raise Conflict("idempotency-key-busy", pointer=f"#header/{HEADER}") from None
        raise
    finally:
        current_write.reset(token)


def _find(broker: Broker, write: Write) -> Answer | None:
    with broker.work() as work:
        return work.idempotency.find(write.owner, write.key, work.now)


def _remember(broker: Broker, caller: Caller, write: Write, response: Response) -> None:
    with broker.work() as work:
        body = bytes(response.body) if response.status_code in SUCCESS else response.headers["location"].encode()
        work.idempotency.answered(write, response.status_code, body)
        work.commit(broker.policy.note(caller, "idempotency:answered"))


def _replay(before: Answer, write: Write) -> Response:
    if before.fingerprint != write.fingerprint:
        raise Invalid("idempotency-key-reused", pointer=f"#header/{HEADER}")
    if before.status is None:
        raise Conflict("idempotency-answer-lost", pointer=f"#header/{HEADER}")
    if before.status == AFTER_A_FORM:
        return Response(b"", AFTER_A_FORM, {REPLAYED: "true", "Location": before.body.decode()})
    media_type = "application/json" if before.body else None
    return Response(before.body, before.status, {REPLAYED: "true"}, media_type)
