"""The commands of copies: masks at the machine, originals in a request, and the way back from a code."""

from broker.bootstrap import Broker
from broker.domain.footage.copy_codes import code_of
from broker.domain.ids import RetrievalId, new_id
from tests.city import CAMERAS
from tests.cli.conftest import Desk, Run
from tests.cli.test_people import FIRST, SPAN, WHY

AREA = "0.1,0.2 0.4,0.2 0.4,0.6"


def test_masks_are_set_shown_and_taken_away(at_database: Run, broker: Broker) -> None:
    assert broker.catalog is not None
    code = CAMERAS["dh-cg"][0]
    masked = at_database("catalog", "mask", code, "--area", AREA, "--area", f"{AREA}=mosaic", "--json")
    assert masked.value["masks"] == [f"{AREA}=solid", f"{AREA}=mosaic"]
    assert at_database("catalog", "mask", code, "--json").value["masks"] == masked.value["masks"]
    for wrong in ("0.1,0.2 0.4,0.2", "0.1 0.2 0.3", f"{AREA}=fog", "0,0 2,0 1,1"):
        assert at_database("catalog", "mask", code, "--area", wrong).code == 2
    assert at_database("catalog", "mask", code, "--clear", "--json").value["masks"] == []


def test_originals_are_asked_for_and_left_out(desk: Desk) -> None:
    new = ("request", "new", *WHY, "--camera", FIRST, *SPAN, "--investigator", "looker", "--originals", "--submit")
    drafted = desk.json("asker", *new)
    assert drafted["terms"]["originals"] is True
    assert "originals allowed" in desk("asker", "request", "show", drafted["number"]).out
    decided = desk.json("center.dh", "request", "approve", drafted["number"], "--longest-side", "1280")
    assert (decided["approved_terms"]["originals"], decided["approved_terms"]["longest_side"]) == (True, 1280)
    grant = desk.json("owner.cg", "request", "authorize", drafted["number"], "--no-originals")
    assert (grant["terms"]["originals"], grant["terms"]["longest_side"]) == (False, 1280)
    assert "longest side 1280 pixels" in desk("looker", "grant", "show", grant["id"]).out


def test_a_code_that_leads_nowhere_is_told_from_one_that_was_mistyped(desk: Desk) -> None:
    code = code_of(RetrievalId(new_id()))
    unknown = desk("auditor", "copies", "find", code)
    assert (unknown.code, code in unknown.err) == (3, True)
    wrong = code[:-1] + ("0" if code[-1] != "0" else "1")
    assert desk("auditor", "copies", "find", wrong).code == 2
    assert desk("looker", "copies", "find", code).code == 4
