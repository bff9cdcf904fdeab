"""What a retrieval is treated with, and the way from the code in its pictures back to who ordered it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import cast

import cv2
import numpy as np
import pytest

from adapters.media.face_model import redacts
from adapters.media.planes import Canvas
from adapters.media.testcard import read_codes
from adapters.media.watermark import film
from broker.bootstrap import operator
from broker.domain.errors import Forbidden, Invalid, Unknown
from broker.domain.footage.copy_codes import code_of
from broker.domain.footage.grants import Condition, Grant, Terms
from broker.domain.footage.media import ClipAsk, Mask, SnapshotAsk
from broker.domain.footage.retrievals import Retrieval, RetrievalState
from broker.domain.requests.access_requests import AskedLine
from broker.domain.time import TimeSpan
from broker.services.footage.treatments import treatment_for
from broker.services.requests.access_requests import Form, Verdict
from broker.web.app import create_app
from storage.db.requests.access_requests import EVERYTHING
from tests.city import City
from tests.web.door import Door, bad, serving
from tests.worker.conftest import Bench
from tests.worker.pictures import stored
from tests.worker.test_grant_life import regranted

CORNER = Mask(((0, 0.5), (0.5, 0.5), (0.5, 0.9), (0, 0.9)))


def form(bench: Bench, terms: Terms) -> Form:
    with bench.broker.work() as work:
        purpose = work.access_requests.load(bench.grant.request_id, EVERYTHING).purpose
    return Form(purpose, terms, ("looker",), (AskedLine(bench.camera, bench.footage.span),))


def ordered(bench: Bench, grant: Grant | None = None, *, original: bool = False, still: bool = False) -> Retrieval:
    """Order three seconds, or one picture, and fetch them."""
    begin = bench.footage.span.begin + timedelta(seconds=31)
    ask = SnapshotAsk("", begin) if still else ClipAsk("", TimeSpan(begin, begin + timedelta(seconds=3)))
    key = grant.id if grant else None
    order = bench.broker.retrievals.order(bench.looker, bench.camera, ask, key, original=original)
    assert bench.broker.runs.run(order.id) is RetrievalState.READY
    return bench.broker.retrievals.read(bench.looker, order.id)


def test_every_copy_says_whose_it_is_and_leads_back(bench: Bench, city: City, tmp_path: Path) -> None:
    done = ordered(bench, still=True)
    with bench.broker.work() as work:
        grant, camera = work.grants.load(done.grant_id, None), work.cameras.load(done.camera_id)
        treatment = treatment_for(work, done, grant, camera, "Asia/Shanghai")
        looker = work.persons.load(done.person_id)
        home = work.departments.load(looker.department_id)
    person, number, code = treatment.watermark
    assert person == f"{looker.name} {home.name}"
    assert "+08:00" in number
    assert code == f"副本 {code_of(done.id)}"
    assert (treatment.banner, treatment.clock, treatment.faces) == ("", "Asia/Shanghai", False)

    picture = cv2.imread(str(stored(bench, done.items[0].digest, tmp_path / "picture.jpg")))
    luma = cv2.cvtColor(np.asarray(picture), cv2.COLOR_BGR2GRAY).astype(int)
    layer = film(treatment.watermark, Canvas.of_picture(np.asarray(picture))).layers[0]
    assert layer is not None
    letters, rims = (part > 40 for part in layer)
    assert luma[letters].mean() - luma[rims].mean() > 60, "its own words are in the picture"

    for login in ("owner.cg", "auditor", "center.dh"):
        found = bench.broker.copies.find(city.caller(bench.broker, login), code_of(done.id).lower())
        assert (found.retrieval.id, found.grant.id) == (done.id, bench.grant.id)
    for login in ("owner.jt", "center.xh"):
        if login in city.persons:
            with pytest.raises(Unknown, match="unknown-copy"):
                bench.broker.copies.find(city.caller(bench.broker, login), code_of(done.id))
    with pytest.raises(Forbidden):
        bench.broker.copies.find(bench.looker, code_of(done.id))
    with pytest.raises(Invalid, match="copy-code-mistyped"):
        bench.broker.copies.find(city.caller(bench.broker, "auditor"), "7K3M-9QXT-AB2X")


def test_an_original_has_to_be_granted_and_asked_for(bench: Bench, city: City, tmp_path: Path) -> None:
    with pytest.raises(Forbidden, match="footage-original"):
        ordered(bench, original=True)
    grant = regranted(bench, city, Terms(originals=True))
    copy, original = ordered(bench, grant), ordered(bench, grant, original=True)
    assert (copy.original, original.original) == (False, True)
    (marked,), (plain,) = copy.items, original.items
    assert marked.capture.reencoded == marked.capture.frames == plain.capture.frames
    assert plain.capture.reencoded < plain.capture.frames
    assert plain.capture.source_digest
    codes = [read_codes(stored(bench, item.digest, tmp_path / "clip.mp4")) for item in (marked, plain)]
    assert [code for _, code in codes[0]] == [code for _, code in codes[1]]


def test_an_authority_may_leave_originals_out(bench: Bench, city: City) -> None:
    broker = bench.broker
    asker = city.caller(broker, "asker")
    draft = broker.access_requests.draft(asker, form(bench, Terms(originals=True)))
    request = broker.access_requests.submit(asker, draft.id)
    request = broker.approvals.approve(city.caller(broker, "center.dh"), request.id, Verdict(1, terms=Terms()))
    with pytest.raises(Invalid, match="terms-widen"):
        broker.request_items.authorize(bench.owner, request.items[0].id, Verdict(1, terms=Terms(originals=True)))
    grant = broker.request_items.authorize(bench.owner, request.items[0].id, Verdict(1))
    assert grant is not None
    assert not grant.terms.originals


def test_a_mask_covers_originals_too_and_has_its_history(bench: Bench, city: City) -> None:
    broker = bench.broker
    grant = regranted(bench, city, Terms(originals=True))
    with pytest.raises(Forbidden):
        broker.masks.replace(city.caller(broker, "owner.jt"), bench.camera, [CORNER])
    covered = broker.masks.replace(bench.owner, bench.camera, [CORNER])
    assert covered.masks == (CORNER,)
    assert broker.masks.replace(bench.owner, bench.camera, [CORNER]).version == covered.version, "nothing changes"
    done = ordered(bench, grant, original=True)
    (item,) = done.items
    assert "masks-applied" in item.capture.notes
    assert item.capture.reencoded == item.capture.frames
    broker.masks.replace(bench.owner, bench.camera, [])
    events = broker.audit.page(operator("tests"), case=None, kind="camera:masked", after=0, limit=9)
    assert [len(cast("list[object]", event.data["masks"])) for _, event in events] == [1, 0]
    assert "masks-applied" not in ordered(bench, grant).items[0].capture.notes
    for polygon, slug in {
        ((0.1, 0.1), (0.2, 0.2)): "mask-corners",
        ((0.1, 0.1), (0.2, 0.2), (1.2, 0.1)): "mask-outside",
        ((0.1, 0.1), (0.2, 0.2), (0.3, 0.3)): "mask-without-area",
    }.items():
        with pytest.raises(Invalid, match=slug):
            broker.masks.replace(bench.owner, bench.camera, [Mask(polygon)])


def test_conditions_of_the_grant_are_kept(bench: Bench, city: City) -> None:
    if not redacts(None):
        pytest.skip("the weights of the face detector are not here")
    terms = Terms(conditions=frozenset({Condition.REDACTION, Condition.NO_SOUND}), originals=True, longest_side=320)
    grant = regranted(bench, city, terms)
    with pytest.raises(Forbidden, match="footage-original"):
        ordered(bench, grant, original=True)
    (item,) = ordered(bench, grant).items
    assert (item.capture.width, item.capture.height) == (320, 180)
    assert "faces-by-detector" in item.capture.notes


@pytest.fixture
def door(bench: Bench) -> Iterator[Door]:
    with serving(create_app(bench.broker)) as url, Door(url) as opened:
        yield opened


def test_masks_and_copies_over_http(bench: Bench, door: Door) -> None:
    path = f"/cameras/{bench.camera}/masks"
    masks = {"masks": [{"polygon": [[0.1, 0.1], [0.4, 0.1], [0.4, 0.5]], "style": "mosaic"}]}
    assert door["owner.cg"].send("PUT", path, masks).json() == masks
    assert door["looker"].get(path) == masks
    bad(door["looker"].send("PUT", path, masks), 403, "not-allowed")
    told = bad(
        door["owner.cg"].send("PUT", path, {"masks": [{"polygon": [[0, 0], [2, 0], [1, 1]]}]}), 422, "request-invalid"
    )
    assert told["errors"][0]["pointer"] == "/masks/0/polygon/1/0"
    done = ordered(bench, still=True)
    found = door["auditor"].get(f"/copies/{code_of(done.id)}")
    assert (found["retrieval"], found["person"]["login"]) == (str(done.id), "looker")
    assert found["camera"]["id"] == str(bench.camera)
    bad(door["auditor"].send("GET", "/copies/0000-0000-0000"), 404, "unknown-copy")
    bad(door["auditor"].send("GET", "/copies/0000-0000-0001"), 422, "copy-code-mistyped")
    bad(door["looker"].send("GET", f"/copies/{code_of(done.id)}"), 403, "not-allowed")
