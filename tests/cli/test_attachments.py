"""`xueliang request attach` and its neighbours: papers in, papers out."""

from pathlib import Path

from tests.cli.conftest import Desk
from tests.cli.test_people import FIRST, NEW, SPAN
from tests.services.papers import pdf


def test_papers_go_in_and_come_out(desk: Desk) -> None:
    number = desk.json("asker", *NEW, "--camera", FIRST, *SPAN)["number"]
    Path("通知书.pdf").write_bytes(pdf())
    paper = desk.json("asker", "request", "attach", number, "通知书.pdf")
    assert (paper["name"], paper["media_type"]) == ("通知书.pdf", "application/pdf")
    assert "通知书.pdf" in desk("asker", "request", "attachments", number).out
    taken = desk("asker", "request", "attachment", number, paper["id"], "--output", "out.pdf")
    assert (taken.code, Path("out.pdf").read_bytes()) == (0, pdf())
    assert desk("asker", "request", "attachment", number, paper["id"]).code == 5, "there is a file of that name"
    assert desk("asker", "request", "attachment", number, paper["id"], "--force").code == 0
    assert desk("asker", "request", "attachment", number, "x").code == 3
    assert desk("asker", "request", "detach", number, paper["id"]).code == 0
    assert desk.json("asker", "request", "attachments", number) == []


def test_what_is_refused_is_told_in_one_line(desk: Desk) -> None:
    number = desk.json("asker", *NEW, "--camera", FIRST, *SPAN)["number"]
    Path("page.pdf").write_bytes(b"<script>")
    told = desk("asker", "request", "attach", number, "page.pdf")
    assert (told.code, told.err.count("\n"), "PDF, JPEG, PNG" in told.err) == (2, 1, True)
    absent = desk("asker", "request", "attach", number, "absent.pdf")
    assert (absent.code, absent.err.count("\n"), "absent.pdf" in absent.err) == (2, 1, True)
