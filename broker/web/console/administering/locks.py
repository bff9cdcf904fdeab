"""The desk of locks: what is shut now, shutting at once, and opening again."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from broker.domain.errors import BrokerError, Forbidden, Unknown
from broker.domain.footage.locks import LockKind
from broker.domain.ids import LockId
from broker.web.api.footage.locks import shown
from broker.web.api.requests.request_forms import ReasonIn
from broker.web.console.administering.seat import Seat, SeatDep
from broker.web.console.forms import Refusal, checked, refusal_of
from broker.web.console.routes import OncePageRoute
from broker.web.paging import ById
from policies import facts

if TYPE_CHECKING:
    from broker.services.footage.locks import Sight

LOCKS = "/locks"
SOMEBODY = UUID(int=0)
"""Stands for whoever is none of those one may not lock."""

router = APIRouter(prefix=LOCKS, route_class=OncePageRoute)

Kind = Annotated[str, Query(pattern="^(person|camera|department)?$")]
Name = Annotated[str, Query(max_length=100)]
Scope = Annotated[str, Query(pattern="^(standing|all)$")]


@router.get("")
def list_locks(seat: SeatDep, window: ById, scope: Scope = "standing") -> Response:
    """列出锁定，新的在前。List locks, newest first."""
    after = None if window.after is None else LockId(window.after)
    standing = scope == "standing"
    found = seat.broker.locks.page(seat.caller, standing=standing, after=after, limit=window.wanted)
    page = window.page(found, lambda it: it.id, lambda locks: shown(locks, seat.reading))
    return seat.show(
        "locks",
        page=page,
        scope=scope,
        first=window.after is None,
        may=bool(_kinds(seat)),
    )


@router.get("/new")
def show_new(seat: SeatDep, kind: Kind = "", name: Name = "") -> Response:
    """设置锁定的页面。The page to lock something on."""
    return _new_page(seat, kind, name.strip())


def _new_page(seat: Seat, kind: str, name: str, refused: str = "", refusal: Refusal | None = None) -> Response:
    """Show what is to be locked; nothing is asked for a reason before it is found."""
    kinds = _kinds(seat)
    if not kinds:
        raise Forbidden("not-allowed", act="lock:set")
    sight: Sight | None = None
    if kind and name:
        try:
            sight = seat.broker.locks.sight(seat.caller, LockKind(kind), name)
        except Unknown as error:
            refusal = refusal or _told(seat, error)
    return seat.show(
        "lock_new",
        refused=refused,
        refusal=refusal,
        kind=kind,
        name=name,
        sight=sight,
        kinds_told=seat.named("adm-lock-kind.", kinds),
    )


def _kinds(seat: Seat) -> list[LockKind]:
    """Return of which kinds there is anything at all that the caller may lock."""
    return [kind for kind in LockKind if seat.may("lock:set", facts.of_lock(seat.caller, kind, SOMEBODY))]


def _told(seat: Seat, error: BrokerError) -> Refusal:
    return refusal_of(error, seat.screen.language)


@router.post("/set")
def set_lock(seat: SeatDep) -> Response:
    """立即锁定；答复时锁定已在各处生效。Lock at once; answered when it holds everywhere."""
    kind, name = seat.form.one("kind"), seat.form.one("name")[:100]
    kind = kind if kind in set(LockKind) else LockKind.PERSON.value

    def act() -> None:
        body = checked(ReasonIn, {"reason": seat.form.one("reason")})
        found = seat.broker.locks.sight(seat.caller, LockKind(kind), name)
        seat.broker.locks.set(seat.stepped_up(), found.kind, found.target, body.reason)

    return seat.carry_out(act, to=LOCKS, said="lock-set", again=lambda why: _new_page(seat, kind, name, "set", why))


@router.get("/{key}")
def show_lock(key: UUID, seat: SeatDep) -> Response:
    """一条锁定。One lock, and lifting it."""
    return _page(seat, key)


def _page(seat: Seat, key: UUID, refused: str = "", refusal: Refusal | None = None) -> Response:
    lock = seat.broker.locks.read(seat.caller, LockId(key))
    return seat.show(
        "lock", refused=refused, refusal=refusal, it=shown([lock], seat.reading)[0],
        liftable=seat.broker.locks.liftable(seat.caller, LockId(key)),
    )  # fmt: skip


@router.post("/{key}/lift")
def lift_lock(key: UUID, seat: SeatDep) -> Response:
    """解除锁定；已中止的调取不会恢复。Lift a lock; what it ended stays ended."""

    def act() -> None:
        body = checked(ReasonIn, {"reason": seat.form.one("reason")})
        seat.broker.locks.lift(seat.stepped_up(), LockId(key), body.reason)

    return seat.carry_out(act, to=LOCKS, said="lock-lifted", again=lambda why: _page(seat, key, "lift", why))
