"""Papers: names that do no harm, and bytes that are given up once, after the paper was taken back."""

from datetime import UTC, datetime

import pytest

from broker.domain.errors import Conflict, Invalid
from broker.domain.ids import AttachmentId, PersonId, RequestId, new_id
from broker.domain.requests.attachments import Attachment, kept_name, purge, remove

NOW = datetime(2026, 5, 1, tzinfo=UTC)
PDF = "application/pdf"


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("立案决定书.pdf", "立案决定书.pdf"),
        ("../../etc/立案.PDF", "立案.pdf"),
        (r"C:\\Users\\li\\立案.pdf", "立案.pdf"),
        ("a\u202efdp.exe.pdf", "afdp.exe.pdf"),
        ("con.pdf", "_con.pdf"),
        ("字" * 400 + ".pdf", None),
        ("a<b>|c.pdf", "a_b__c.pdf"),
    ],
)
def test_a_name_is_kept_without_harm(told: str, kept: str | None) -> None:
    name = kept_name(told, PDF)
    assert name.endswith(".pdf")
    assert len(name.encode()) <= 255
    if kept is not None:
        assert name == kept


def test_a_name_has_the_suffix_of_its_content() -> None:
    for told in ("a.exe", "a", "a.pdf.exe", ""):
        with pytest.raises(Invalid, match="attachment-suffix"):
            kept_name(told, PDF)
    assert kept_name(" ..pdf", PDF).endswith(".pdf")


def test_bytes_are_given_up_once_and_only_of_what_was_taken_back() -> None:
    paper = Attachment(
        AttachmentId(new_id()), RequestId(new_id()), "a.pdf", PDF, 1, "0" * 64, PersonId(new_id()), NOW
    )  # fmt: skip
    with pytest.raises(Conflict, match="changed-meanwhile"):
        purge(paper, NOW)
    gone = purge(remove(paper, NOW).after, NOW)
    assert (gone.after.purged_at, gone.entries[0].kind) == (NOW, "attachment:purged")
    with pytest.raises(Conflict, match="changed-meanwhile"):
        purge(gone.after, NOW)
