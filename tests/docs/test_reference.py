"""docs/reference.md says what the program says of itself, and leaves no setting out."""

from broker.settings import Settings
from tests.docs import reference
from tests.docs.pages import read


def test_the_tables_are_up_to_date() -> None:
    page = read(reference.PAGE)
    assert reference.written(page) == page, "run: .venv/bin/python -m tests.docs.reference"


def test_every_table_is_on_the_page() -> None:
    assert [found["name"] for found in reference.SECTION.finditer(read(reference.PAGE))] == list(reference.SECTIONS)


def test_every_setting_is_described() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert f"`XUELIANG_{name.upper()}`" in read(reference.PAGE)


def test_a_stale_table_is_noticed() -> None:
    page = read(reference.PAGE)
    stale = page.replace("`XUELIANG_PORT`", "`XUELIANG_PORTS`")
    assert stale != page
    assert reference.written(stale) == page
