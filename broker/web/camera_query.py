"""What a query asks of the catalogue: the same parameters for lists, counts, the nearest points and map tiles."""

from typing import Annotated

from fastapi import Depends, Query

from broker.domain.catalog import places
from broker.domain.catalog.catalog import POINT_CLASSES, Lifecycle, Status
from broker.domain.catalog.finding import Question
from broker.domain.errors import Invalid
from broker.domain.requests.asked_places import WIDTH, places_of, recorded_span
from broker.services.catalog.finding import Wanted
from broker.web.values import CODE, Instant

MOST_TAGS = 20
SPOTS = 20_000  # characters of a polygon or a line

Text = Annotated[
    str | None,
    Query(
        max_length=100,
        description="Words of name, address, code or common name, or pinyin initials; in any order. "
        "名称、地址、编码、俗称中的词或拼音首字母，词以空格分开，次序不限。",
    ),
]
Owner = Annotated[str | None, Query(pattern=CODE, description="Code of the owning department. 所属部门编码。")]
Below = Annotated[
    str | None, Query(pattern=CODE, description="A department and all below it. 部门编码，含全部下级部门。")
]
Division = Annotated[
    str | None,
    Query(pattern=r"^[1-9]\d{1,11}$", description="GB/T 2260 code and all inside. 行政区划代码，含下级。"),
]
Classes = Annotated[list[int], Query(alias="class", max_length=4, description="Point classes. 点位类型。")]
Statuses = Annotated[list[Status], Query(max_length=3, description="On, off, unknown. 在线状态。")]
Lifecycles = Annotated[list[Lifecycle], Query(max_length=3, description="In use, repair, removed. 使用状态。")]
Tags = Annotated[list[str], Query(alias="tag", max_length=MOST_TAGS, description="All of these. 标签，须全部具备。")]
Bound = Annotated[bool | None, Query(description="Bound to a source or not. 是否已接入录像源。")]
Sensitive = Annotated[bool | None, Query(description="Sensitive or not. 是否敏感点位。")]
RecordedFrom = Annotated[
    Instant | None,
    Query(description="The source said it has all from then to `recorded_to`. 录像源曾答复时段齐全：开始。"),
]
RecordedTo = Annotated[Instant | None, Query(description="The end of that span, exclusive. 时段结束（不含）。")]
Box = Annotated[str | None, Query(max_length=100, description="west,south,east,north. 西,南,东,北。")]
Circle = Annotated[str | None, Query(max_length=100, description="longitude,latitude,metres. 经度,纬度,半径（米）。")]
Polygon = Annotated[
    str | None, Query(max_length=SPOTS, description="Corners lon,lat;lon,lat;… 多边形各角点，经度,纬度;…")
]
Line = Annotated[str | None, Query(max_length=SPOTS, description="A road as lon,lat;… 道路走向，经度,纬度;…")]
Width = Annotated[
    float, Query(ge=0, le=places.FARTHEST, allow_inf_nan=False, description="Metres to each side of `line`. 两侧米数。")
]


async def wanted_of(
    text: Text = None, owner: Owner = None, department: Below = None, division: Division = None,
    point_class: Classes = [], status: Statuses = [], lifecycle: Lifecycles = [], tag: Tags = [],  # noqa: B006
    bound: Bound = None, sensitive: Sensitive = None, recorded_from: RecordedFrom = None,
    recorded_to: RecordedTo = None, box: Box = None, circle: Circle = None,
    polygon: Polygon = None, line: Line = None, width: Width = WIDTH,
) -> Wanted:  # fmt: skip
    """Return what is asked for."""
    if not POINT_CLASSES.issuperset(point_class):
        raise Invalid("malformed", pointer="#query/class", value=str(point_class[0]), pattern="1, 2, 3, 9")
    question = Question(
        text=text or "", division=division, classes=frozenset(point_class), statuses=frozenset(status),
        lifecycles=frozenset(lifecycle), tags=frozenset(tag), bound=bound, sensitive=sensitive,
        recorded=recorded_span(recorded_from, recorded_to),
        places=places_of({"box": box, "circle": circle, "polygon": polygon, "line": line}, width),
    )  # fmt: skip
    return Wanted(question, owner, department)


WantedDep = Annotated[Wanted, Depends(wanted_of)]
