"""The desk of the rules: routes, deadlines, lists and limits as they are, and the next version as a document."""

import json
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from pydantic import ValidationError

from broker.domain.errors import BrokerError, Forbidden
from broker.services.deciding.rulebook_document import dump
from broker.services.deciding.rulebooks import Version
from broker.web.api.deciding.rulebook import ChangeIn, ChangeOut, rows
from broker.web.bodies import read_json
from broker.web.console.administering.documents import text_of
from broker.web.console.administering.rulebook_view import view_of
from broker.web.console.administering.seat import Seat, SeatDep
from broker.web.console.forms import Refusal, checked, refusal_of
from broker.web.console.routes import OncePageRoute, UploadDep, UploadPageRoute
from broker.web.console.screen import TOLD_BESIDE_THE_FORM

RULEBOOK = "/rulebook"

router = APIRouter(prefix=RULEBOOK, route_class=OncePageRoute)
checking = APIRouter(prefix=RULEBOOK, route_class=UploadPageRoute)

Number = Annotated[int, Path(ge=0, le=2**31 - 1)]
Before = Annotated[int | None, Query(ge=0, le=2**31 - 1)]
SHOWN = 50


@router.get("")
def show_rulebook(seat: SeatDep) -> Response:
    """现行规则：流程、时限、清单、限额。The rules in force: routes, deadlines, lists, limits."""
    return _page(seat, seat.broker.rulebooks.current(seat.caller), current=True)


def _page(seat: Seat, found: Version, *, current: bool) -> Response:
    about = rows([found.about], seat.reading)[0] if found.about else None
    return seat.show(
        "rulebook", version=found.rules.version, about=about, view=view_of(found.rules, seat.screen.language),
        current=current, changeable=_changeable(seat),
    )  # fmt: skip


def _changeable(seat: Seat) -> bool:
    try:
        seat.broker.rulebooks.allow_change(seat.caller)
    except Forbidden:
        return False
    return True


@router.get("/versions")
def list_versions(seat: SeatDep, before: Before = None) -> Response:
    """历次版本，新的在前。The versions there were, newest first."""
    found = seat.broker.rulebooks.page(seat.caller, before=before, limit=SHOWN + 1)
    more = found[SHOWN - 1].version if len(found) > SHOWN else None
    return seat.show("rulebook_versions", versions=rows(found[:SHOWN], seat.reading), more=more, first=before is None)


@router.get("/versions/{version}")
def show_version(version: Number, seat: SeatDep) -> Response:
    """某一版本；0 为随程序提供的版本。One version; 0 is the one the program comes with."""
    found = seat.broker.rulebooks.read(seat.caller, version)
    newest = seat.broker.rulebooks.current(seat.caller).rules.version
    return _page(seat, found, current=version == newest)


@router.get("/new")
def show_new(seat: SeatDep, begin: Annotated[int | None, Query(alias="from", ge=0, le=2**31 - 1)] = None) -> Response:
    """编写新版规则的页面，从已有版本开始。The page to write the next version on, beginning with an earlier one."""
    newest = seat.broker.rulebooks.current(seat.caller).rules
    rules = newest if begin is None else seat.broker.rulebooks.read(seat.caller, begin).rules
    return _new_page(seat, _written(dump(rules)), newest.version)


def _written(document: object) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2)


def _new_page(
    seat: Seat, text: str, replaces: int | str, refused: str = "", refusal: Refusal | None = None, *,
    changes: Sequence[tuple[str, str, str]] | None = None,
) -> Response:  # fmt: skip
    seat.broker.rulebooks.allow_change(seat.caller)
    return seat.show("rulebook_new", refused=refused, refusal=refusal, text=text, replaces=replaces, changes=changes)


@checking.post("/check")
def check_rulebook(seat: SeatDep, upload: UploadDep) -> Response:
    """检查新版规则并列出改动，不作更改。Read the next version and say what it would change; nothing is kept."""
    text, replaces = seat.form.one("document"), seat.form.one("replaces")
    try:
        text = text_of(seat.form, upload, "document")
        found = seat.broker.rulebooks.check(seat.caller, read_json(text.encode()))
    except TOLD_BESIDE_THE_FORM as error:
        return _again(seat, text, replaces, "check", error)
    changes = [_told(ChangeOut.of(change)) for change in found.changes]
    return _new_page(seat, text, replaces, changes=changes)


def _again(seat: Seat, text: str, replaces: str, name: str, error: BrokerError | ValidationError) -> Response:
    return _new_page(seat, text, replaces, name, refusal_of(error, seat.screen.language))


def _told(change: ChangeOut) -> tuple[str, str, str]:
    before, after = (
        "" if value is None else json.dumps(value, ensure_ascii=False) for value in (change.before, change.after)
    )
    return change.place, before, after


@router.post("/new")
def change_rulebook(seat: SeatDep) -> Response:
    """启用新版规则；办理中的申请仍按原版本办理。Bring a new version in force; running requests keep theirs."""
    text, replaces = next(iter(seat.form.all("document")), ""), seat.form.one("replaces")

    def act() -> None:
        body = checked(ChangeIn, {
            "document": read_json(text.encode()), "comment": seat.form.one("comment"), "replaces": replaces,
        })  # fmt: skip
        seat.broker.rulebooks.change(seat.caller, body.document, body.comment, body.replaces)

    return seat.carry_out(
        act, to=RULEBOOK, said="rulebook-changed", again=lambda why: _new_page(seat, text, replaces, "new", why)
    )
