"""The list of divisions on the real database: looked up by everybody, brought up to date whole rows at a time."""

from io import BytesIO

import pytest

from broker.bootstrap import Broker, operator
from broker.domain.catalog.divisions import Level
from broker.domain.errors import Forbidden, Invalid, Unknown
from broker.services.catalog.divisions import DivisionReport
from tests.city import City

TOWNS = "统计用区划代码,名称\n330106001000,北山街道\n330106001005,曙光社区\n330106109,留下街道\n"


def bring(broker: Broker, text: str | bytes, *, dry_run: bool = False) -> DivisionReport:
    content = text if isinstance(text, bytes) else text.encode()
    return broker.divisions.import_file(operator("tests"), BytesIO(content), "towns.csv", dry_run=dry_run)


def test_the_kept_list_is_there(broker: Broker, city: City) -> None:
    asker = city.caller(broker, "asker")
    found = broker.divisions.read(asker, "330106")
    assert found.division.name == "西湖区"
    assert [it.name for it in found.lineage] == ["浙江省", "杭州市"]
    assert broker.divisions.read(asker, "33").division.name == "浙江省"
    within = broker.divisions.page(asker, within="33", level=Level.CITY, text=None, after=None, limit=100)
    assert len(within) == 11
    (lake,) = broker.divisions.page(asker, within="33", level=None, text="西湖", after=None, limit=100)
    assert lake.parent == "330100"
    second = broker.divisions.page(asker, within="33", level=Level.CITY, text=None, after=within[0].code, limit=1)
    assert second == within[1:2]
    with pytest.raises(Unknown, match="unknown-division"):
        broker.divisions.read(asker, "990102")


def test_towns_and_villages_come_in_and_come_again(broker: Broker, city: City) -> None:
    tried = bring(broker, TOWNS, dry_run=True)
    assert (tried.read, tried.added, tried.rejected) == (3, 3, 0)
    assert bring(broker, TOWNS.encode("gb18030")) == tried
    assert bring(broker, "\ufeff" + TOWNS) == DivisionReport(3, 0, 0, 3, ())
    village = broker.divisions.read(city.caller(broker, "asker"), "330106001005")
    assert [it.name for it in village.lineage] == ["浙江省", "杭州市", "西湖区", "北山街道"]
    assert village.division.level is Level.VILLAGE
    page = broker.audit.page(city.caller(broker, "auditor"), case=None, kind="division:imported", after=0, limit=10)
    ((_, event),) = page
    assert event.data["balance"] == {"read": 3, "added": 3, "changed": 0, "unchanged": 0, "rejected": 0}


def test_a_change_is_kept_with_what_was_there_before(broker: Broker, city: City) -> None:
    renamed = bring(broker, "code,name,successor\n330106,西湖新区,\n330103,下城区旧,330106\n")
    assert (renamed.changed, renamed.added) == (1, 1)
    found = broker.divisions.read(city.caller(broker, "asker"), "330106")
    (change,) = found.changes
    assert (change.before["name"], change.after["name"]) == ("西湖区", "西湖新区")
    old = broker.divisions.read(city.caller(broker, "asker"), "330103")
    assert old.division.successor == "330106"
    back = broker.divisions.refresh(operator("tests"))
    assert (back.changed, back.added) == (1, 0)
    assert broker.divisions.read(city.caller(broker, "asker"), "330106").division.name == "西湖区"


def test_every_row_is_told_of(broker: Broker) -> None:
    rows = [
        "code,name,successor", "330106002,好街道,", "33010600x,坏编码,", "330106003,,", "330106002,又来一次,",
        "990102001,无上级,", "990102001001,更无上级,", "330106004,后继不明,999999", "330106005,自己,330106005",
        "",
    ]  # fmt: skip
    found = bring(broker, "\n".join(rows))
    assert (found.read, found.added, found.rejected) == (8, 1, 7)
    assert [(it.line, it.reason) for it in found.faults] == [
        (3, "division-malformed"), (4, "division-name"), (5, "division-twice"), (6, "division-parent-unknown"),
        (7, "division-parent-unknown"), (8, "division-successor"), (9, "division-successor"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "slug"),
    [
        (b"a,b\n1,2\n", "division-list-columns"),
        (b"", "division-list-columns"),
        (b"\xff\xfe\x80\x81\xff,\n", "division-list-unreadable"),
        (b'code,name\n330106001,"open\n', "division-list-unreadable"),
        (b"code,name\n330106001," + b"x" * 200_000 + b"\n", "division-list-unreadable"),
    ],
)
def test_what_is_no_list(content: bytes, slug: str, broker: Broker) -> None:
    with pytest.raises(Invalid, match=slug):
        bring(broker, content)


def test_who_may_bring_a_list_in(broker: Broker, city: City) -> None:
    for login in ("asker", "center.jc", "auditor", "owner.ga"):
        with pytest.raises(Forbidden):
            broker.divisions.import_file(city.caller(broker, login), BytesIO(TOWNS.encode()), "x.csv")
    sysadmin = city.caller(broker, "sysadmin")
    assert broker.divisions.import_file(sysadmin, BytesIO(TOWNS.encode()), "x.csv").added == 3
