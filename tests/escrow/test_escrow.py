"""Sealed copies: made in time, opened by a live grant alone, destroyed with what they were made for."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.gateway import Gateway
from broker.bootstrap import Broker, operator
from broker.domain.errors import BrokerError, Forbidden
from broker.domain.footage.escrows import Escrow, EscrowState, releases, reseal
from broker.domain.footage.grants import Action
from broker.domain.footage.locks import LockKind
from broker.domain.footage.media import ClipAsk, Fetched, SnapshotAsk, Treatment
from broker.domain.footage.retrievals import RetrievalState
from broker.domain.ids import GrantId, RequestId
from broker.domain.time import TimeSpan
from broker.services.footage.footage import FROM_ESCROW
from broker.services.sources.sources import SourceEdit
from broker.worker.app import worker_thread
from tests.city import City
from tests.clock import Turned
from tests.escrow.conftest import KEPT_DAYS, Recorded, Stage, form, recorder, staged, until


def kinds(stage: Stage) -> list[str]:
    with stage.broker.work() as work:
        return [event.kind for event in work.audit.stream(stage.escrow().stream)]


def blobs(stage: Stage) -> list[str]:
    """Return the digests of all that lies in the store."""
    root = stage.broker.settings.data / "blobs"
    return [file.name for file in root.glob("??/*")]


def ask(stage: Stage, first: float = 3.1, last: float = 17.3) -> ClipAsk:
    begin = stage.recorded.span.begin
    return ClipAsk("", TimeSpan(begin + timedelta(seconds=first), begin + timedelta(seconds=last)))


def from_source(stage: Stage, wanted: ClipAsk | SnapshotAsk) -> Fetched:
    """Fetch straight from the folder, marked in some way."""
    gateway = Gateway(timedelta(seconds=60), 1 << 31)
    marked = replace(wanted, channel="01", treatment=Treatment(watermark=("副本",)))
    folder = stage.broker.settings.data / "straight"
    folder.mkdir(exist_ok=True)
    options = {"folder": str(stage.recorded.folder)}
    return gateway.fetch("local_files", options, marked, folder, on_progress=lambda _: None, aborted=lambda: False)


def test_what_is_overwritten_meanwhile_is_delivered_exactly_from_the_sealed_copy(stage: Stage) -> None:
    clip = ask(stage)
    picture = SnapshotAsk("", stage.recorded.span.begin + timedelta(seconds=8.05))
    direct, shot = from_source(stage, clip), from_source(stage, picture)
    with worker_thread(stage.broker, 1):
        until(lambda: bool(stage.broker.escrows.of_request(stage.caller("asker"), stage.request.id)))
        until(lambda: stage.escrow().state is EscrowState.SEALED)
    assert stage.escrow().copy.missing == ()
    assert stage.escrow().overwritten_at == stage.recorded.span.begin + timedelta(days=KEPT_DAYS)
    shutil.rmtree(stage.recorded.folder)
    stage.grant()
    looker = stage.caller("looker")
    for wanted, expected in ((clip, direct), (picture, shot)):
        order = stage.broker.retrievals.order(looker, stage.camera, wanted)
        assert stage.broker.runs.run(order.id) is RetrievalState.READY
        done = stage.broker.retrievals.read(looker, order.id)
        (item,), (piece,) = done.items, expected.pieces
        assert done.missing == expected.missing
        capture = replace(item.capture, notes=piece.capture.notes)
        assert capture == piece.capture
        assert FROM_ESCROW in item.capture.notes
    assert stage.escrow().state is EscrowState.RELEASED
    wanted_kinds = ["ordered", "started", "sealed", "released", "released"]
    assert kinds(stage) == [f"escrow:{kind}" for kind in wanted_kinds]
    assert not list((stage.broker.settings.data / "fetching").glob("[fs]e*"))


def test_the_copy_in_the_store_is_not_the_recording(stage: Stage) -> None:
    escrow = stage.sealed(b"the face of a witness" * 10_000)
    (digest,) = escrow.copy.digests
    stored = b"".join(stage.broker.blobs.read(digest))
    assert b"witness" not in stored
    assert len(stored) == escrow.copy.size
    with stage.broker.work() as work:
        (row,) = work.escrows.of_request(stage.request.id)
    assert row.copy.key
    assert row.copy.key[:1] == b"\x01"  # an envelope, not a key


@pytest.mark.parametrize("damage", ["byte", "gone", "key", "other place"])
def test_a_copy_that_was_tampered_with_delivers_nothing(stage: Stage, damage: str) -> None:
    escrow = stage.sealed()
    stage.grant()
    (digest,) = escrow.copy.digests
    file = stage.broker.settings.data / "blobs" / digest[:2] / digest
    content = bytearray(file.read_bytes())
    if damage == "byte":
        content[-3] ^= 1
        file.write_bytes(content)
    elif damage == "gone":
        file.unlink()
    else:
        box, place = stage.broker.secrets, f"escrow/{escrow.id}/key"
        forged = box.seal(bytes(32), place) if damage == "key" else box.seal(b"\x01" * 32, "escrow/another/key")
        with stage.broker.work() as work:
            change = reseal(escrow, forged)
            work.escrows.save(escrow, change.after)
            permit = stage.broker.escrows._permit()
            work.audit.append(permit, change.entries, case=escrow.request_id)
            work.commit(permit)
    looker = stage.caller("looker")
    order = stage.broker.retrievals.order(looker, stage.camera, ask(stage))
    assert stage.broker.runs.run(order.id) is RetrievalState.FAILED
    failed = stage.broker.retrievals.read(looker, order.id)
    assert (failed.error, failed.items) == ("sealed-copy-damaged", ())


def withdraw(stage: Stage) -> None:
    stage.broker.access_requests.withdraw(stage.caller("asker"), stage.request.id, "不再需要")


def reject(stage: Stage) -> None:
    stage.broker.approvals.reject(stage.caller("center.dh"), stage.request.id, 1, "依据不足")


def refuse(stage: Stage) -> None:
    item = stage.approve().items[0]
    stage.broker.request_items.refuse(stage.caller("owner.cg"), item.id, 1, "正在检修")


def lapse(stage: Stage) -> None:
    clock = stage.broker.clock
    assert isinstance(clock, Turned)
    clock.at += timedelta(days=30)
    stage.broker.deadlines.tick()


def supplement_without_it(stage: Stage) -> None:
    """Send it back, and ask for another camera."""
    stage.broker.approvals.send_back(stage.caller("center.dh"), stage.request.id, 1, "请核对点位", {})
    assert stage.escrow().state is EscrowState.SEALED  # it may be asked for again
    asker, other = stage.caller("asker"), stage.city.cameras_of("dh-cg")[1]
    stage.broker.access_requests.edit(asker, stage.request.id, form(other.id, stage.recorded.span))
    stage.broker.access_requests.submit(asker, stage.request.id)


def close(stage: Stage) -> None:
    stage.grant()
    stage.broker.access_requests.close(stage.caller("asker"), stage.request.id, "已用于调查")


def revoke(stage: Stage) -> None:
    stage.broker.grants.revoke(stage.caller("owner.cg"), stage.grant().id, "不再需要")
    stage.broker.escrows.tick()


def expire(stage: Stage) -> None:
    clock = stage.broker.clock
    assert isinstance(clock, Turned)
    clock.at = stage.grant().valid.end
    stage.broker.escrows.tick()


@pytest.mark.parametrize(
    ("ending", "reason"),
    [
        (withdraw, "withdrawn"),
        (reject, "rejected"),
        (refuse, "refused"),
        (lapse, "lapsed"),
        (supplement_without_it, "not-asked"),
        (close, "closed"),
        (revoke, "grants-ended"),
        (expire, "grants-ended"),
    ],
)
def test_a_copy_ends_with_what_it_was_made_for(
    turned: Broker, city: City, recorded: Recorded, ending: Callable[[Stage], None], reason: str
) -> None:
    stage = staged(turned, city, recorded, recorder(recorded))
    sealed = stage.sealed()
    (digest,) = sealed.copy.digests
    stage.broker.escrows.tick()
    assert (stage.escrow().state, turned.blobs.exists(digest)) == (EscrowState.SEALED, True)
    ending(stage)
    with turned.work() as work:
        ended = work.escrows.load(sealed.id)
    assert (ended.state, ended.reason, ended.copy.key) == (EscrowState.DESTROYED, reason, b"")
    turned.escrows.tick()
    assert not turned.blobs.exists(digest)
    with turned.work() as work:
        assert work.escrows.load(sealed.id).copy.files == ()
        written = [event.kind for event in work.audit.stream(sealed.stream)]
    assert written[-2:] == ["escrow:destroyed", "escrow:erased"]


def test_a_supplement_that_still_asks_for_it_keeps_it(stage: Stage) -> None:
    sealed = stage.sealed()
    (line,) = stage.broker.availability.of_request(stage.caller("asker"), stage.request.id).lines
    assert line.sealed == (stage.recorded.span,)
    stage.broker.approvals.send_back(stage.caller("center.dh"), stage.request.id, 1, "请补充案由", {})
    stage.broker.access_requests.submit(stage.caller("asker"), stage.request.id)
    assert stage.broker.escrows.plan(stage.request.id) == 0
    assert stage.escrow() == sealed


def test_owners_of_other_cameras_and_strangers_learn_nothing_of_it(stage: Stage) -> None:
    stage.sealed()
    stage.approve()
    for login in ("asker", "looker", "center.dh", "owner.cg", "auditor"):
        assert len(stage.broker.escrows.of_request(stage.caller(login), stage.request.id)) == 1
    for login in ("stranger", "owner.jt", "sysadmin"):
        with pytest.raises(BrokerError, match="unknown"):
            stage.broker.escrows.of_request(stage.caller(login), stage.request.id)


def test_only_a_live_grant_of_the_same_request_opens_it(stage: Stage) -> None:
    escrow = stage.sealed()
    grant = stage.grant()
    order = stage.broker.retrievals.order(stage.caller("looker"), stage.camera, ask(stage))
    attempt = stage.broker.runs._begin(order.id)
    assert attempt is not None
    retrieval, now = attempt.retrieval, stage.broker.clock.now()
    assert releases(escrow, grant, retrieval, now)
    other, line = stage.city.cameras_of("dh-cg")[1].id, grant.lines[0]
    narrow = TimeSpan(line.window.begin, line.window.begin + timedelta(seconds=5))
    closed: list[tuple[Escrow, object, object]] = [
        (replace(escrow, state=EscrowState.DESTROYED), grant, retrieval),
        (replace(escrow, state=EscrowState.SEALING), grant, retrieval),
        (replace(escrow, camera_id=other), grant, retrieval),
        (replace(escrow, span=narrow), grant, retrieval),
        (escrow, replace(grant, request_id=RequestId(escrow.id)), retrieval),
        (escrow, replace(grant, persons=frozenset()), retrieval),
        (escrow, replace(grant, lines=(replace(line, window=narrow),)), retrieval),
        (escrow, replace(grant, lines=(replace(line, camera_id=other),)), retrieval),
        (escrow, replace(grant, valid=TimeSpan(now - timedelta(days=2), now)), retrieval),
        (escrow, replace(grant, terms=replace(grant.terms, actions=frozenset({Action.SNAPSHOT}))), retrieval),
        (escrow, grant, replace(retrieval, state=RetrievalState.READY)),
        (escrow, grant, replace(retrieval, state=RetrievalState.QUEUED)),
        (escrow, grant, replace(retrieval, grant_id=GrantId(escrow.id))),
        (escrow, grant, replace(retrieval, camera_id=other)),
    ]
    for case in closed:
        assert not releases(*case, now), case  # type: ignore[arg-type]


def test_the_key_is_refused_to_an_attempt_that_lost_its_ground(stage: Stage) -> None:
    escrow = stage.sealed()
    grant = stage.grant()
    looker = stage.caller("looker")
    order = stage.broker.retrievals.order(looker, stage.camera, ask(stage))
    attempt = stage.broker.runs._begin(order.id)
    assert attempt is not None
    opening = stage.broker.runs._footage._released
    assert opening(escrow.id, attempt.retrieval).key
    late = replace(attempt.retrieval, attempt=attempt.retrieval.attempt + 1)
    with pytest.raises(BrokerError, match="attempt-superseded"):
        opening(escrow.id, late)
    me = stage.caller("center.dh")
    lock = stage.broker.locks.set(me, LockKind.CAMERA, stage.camera, "重点目标")
    with pytest.raises(Forbidden):
        opening(escrow.id, attempt.retrieval)
    stage.broker.locks.lift(me, lock.id, "已解除")
    stage.broker.grants.suspend(stage.caller("owner.cg"), grant.id, "核查中")
    with pytest.raises(Forbidden):
        opening(escrow.id, attempt.retrieval)
    assert kinds(stage).count("escrow:released") == 1


def test_a_locked_camera_is_not_copied(stage: Stage) -> None:
    assert stage.broker.escrows.plan(stage.request.id) == 1
    me, key = stage.caller("center.dh"), stage.escrow().id
    lock = stage.broker.locks.set(me, LockKind.CAMERA, stage.camera, "重点目标")
    assert stage.broker.escrows.run(key) is EscrowState.SEALING
    assert kinds(stage) == ["escrow:ordered"]
    assert blobs(stage) == []
    stage.broker.locks.lift(me, lock.id, "已解除")
    assert stage.broker.escrows.run(key) is EscrowState.SEALED


def test_a_copy_that_nobody_wants_any_more_is_erased_when_it_comes(stage: Stage) -> None:
    assert stage.broker.escrows.plan(stage.request.id) == 1
    attempt = stage.broker.escrows._begin(stage.escrow().id)
    assert attempt is not None
    withdraw(stage)
    room = stage.broker.settings.data
    source = stage.broker.escrows._gateway.keep(
        "local_files", {"folder": str(stage.recorded.folder)}, attempt.ask, room,
        on_progress=lambda _: None, aborted=lambda: False,
    )  # fmt: skip
    copy = stage.broker.escrows._copies.seal(source, room, attempt.escrow.stream, 0.0, lambda: False)
    assert blobs(stage)
    assert stage.broker.escrows._accept(attempt, copy) is EscrowState.DESTROYED
    assert blobs(stage) == []


@pytest.mark.parametrize("keeps", [None, 60])
def test_what_is_kept_long_enough_is_not_copied(stage: Stage, keeps: int | None) -> None:
    """Nor is it where nobody knows how long it is kept."""
    stage.broker.sources.edit(operator("tests"), "nvr", SourceEdit(keeps_days=keeps or 0))
    assert stage.broker.escrows.plan(stage.request.id) == 0


def test_a_source_that_has_nothing_of_it_is_given_up(stage: Stage) -> None:
    assert stage.broker.escrows.plan(stage.request.id) == 1
    for file in stage.recorded.folder.rglob("*.mp4"):
        file.rename(file.with_name("20200101T000000Z.mp4"))
    assert stage.broker.escrows.run(stage.escrow().id) is EscrowState.FAILED
    assert stage.escrow().reason in {"no-recording", "nothing-recorded"}


def test_nobody_may_choose_the_adapter_of_kept_files(stage: Stage) -> None:
    with pytest.raises(BrokerError, match="unknown-adapter"):
        stage.broker.sources.add(
            operator("tests"), replace(recorder(stage.recorded), code="own", adapter="kept", options={"files": []})
        )


def test_a_new_key_of_the_house_opens_what_the_old_one_sealed(stage: Stage) -> None:
    escrow = stage.sealed()
    file = stage.broker.settings.data / "secret.key"
    file.write_text("ab" * 32 + "\n" + file.read_text())
    stage.broker.secrets._keys = {}
    assert stage.broker.resealing.reseal(operator("tests")).escrows == 1
    file.write_text("ab" * 32 + "\n")
    stage.broker.secrets._keys = {}
    assert stage.broker.secrets.open(stage.escrow().copy.key, escrow.place)
