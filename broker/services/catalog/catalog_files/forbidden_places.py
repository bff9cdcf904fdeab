"""Places where nobody may film: article 8 of the regulation on public-safety video (State Council order 799).

A list cannot be asked what a camera sees, but its own words can: a person looks at a name that says 更衣室
before it goes in. What lies before such a room (门口, 走廊) or around the house (楼下, 围墙) is no such room.
"""

import re
from collections.abc import Iterable

_ROOMS = (
    *("客房", "包间", "包厢", "宿舍", "寝室", "更衣", "试衣", "换衣", "浴室", "浴池", "洗浴", "淋浴", "桑拿", "澡堂"),
    *("卫生间", "洗手间", "厕所", "盥洗室", "哺乳室", "母婴室", "休息室", "值班卧室", "病房", "按摩房"),
)
_OUTSIDE = (
    *("门口", "大门", "东门", "西门", "南门", "北门", "正门", "后门", "侧门", "门前", "门外", "入口", "出口", "路口"),
    *(
        "外",
        "旁",
        "对面",
        "附近",
        "楼下",
        "周边",
        "围墙",
        "走廊",
        "过道",
        "通道",
        "楼梯",
        "电梯",
        "大厅",
        "大堂",
        "前台",
    ),
    *("停车", "广场", "操场", "院内", "楼顶", "街", "巷", "路", "道", "区域边界", "公交站"),
)
_ROOM = re.compile("|".join(_ROOMS))
_AFTER = re.compile("|".join(_OUTSIDE))


SPEAKING = ("name", "common_name", "place_type")
"""Fields whose words say what is seen; an address names the house (单位宿舍), not the room."""


def named_like_rooms(values: Iterable[object]) -> set[str]:
    """Return those texts that name such a room, wherever the camera looks; most lists have none."""
    texts = set(map(str, values))
    joined = "\n".join(texts)
    if not any(room in joined for room in _ROOMS):
        return set()
    return {text for text in texts if _ROOM.search(text) is not None}


def forbidden_place(texts: Iterable[object]) -> str:
    """Return the word that names a room where filming is forbidden, or nothing; what follows the word counts too."""
    for text in texts:
        for found in _ROOM.finditer(str(text or "")):
            if not _AFTER.search(str(text), found.end()):
                return found.group()
    return ""
