"""How the indicators of the four measures are counted, in one sentence each; docs/measures.md tells more."""

from collections.abc import Mapping
from types import MappingProxyType

Pair = tuple[str, str]

UNITS: Mapping[str, Pair] = MappingProxyType(
    {
        "points": ("点位", "points"),
        "divisions": ("区县", "counties"),
        "requests": ("申请", "requests"),
        "lines": ("申请点位", "points asked for"),
        "departments": ("部门", "departments"),
        "seconds": ("点位秒", "point seconds"),
        "retrievals": ("调取", "retrievals"),
        "accesses": ("调阅", "accesses"),
        "decisions": ("办理事项", "decisions"),
        "emergencies": ("应急调阅", "emergencies"),
    },
)

FORMULAS: Mapping[str, Pair] = MappingProxyType(
    {
        "coverage.plan": (
            "有计划的范围内现有点位数 ÷ 当年计划点位数",
            "points there are where there is a plan ÷ points planned for the year",
        ),
        "coverage.divisions": (
            "有点位的区县数 ÷ 区县总数（区县以下为乡镇、村）",
            "counties that have points ÷ counties there are (below a county: towns, villages)",
        ),
        "coverage.records": (
            "国标编码、区划、点位类型及该类型必填档案项齐全的点位数 ÷ 点位数",
            "points with code, division, class and all fields that their class needs ÷ points",
        ),
        "sharing.points": ("全部共享或定向共享的点位数 ÷ 点位数", "points shared with all or with some ÷ points"),
        "sharing.connected": ("已绑定录像来源的点位数 ÷ 点位数", "points bound to a source of footage ÷ points"),
        "sharing.across": (
            "涉及其他部门点位的申请数 ÷ 提交的申请数",
            "requests that ask for points of another department ÷ requests submitted",
        ),
        "sharing.authorized": (
            "获授权的申请点位数 ÷ 已有结果的申请点位数",
            "points authorized ÷ points whose owners decided or let their time lapse",
        ),
        "sharing.served": (
            "获得其他部门授权的部门数 ÷ 部门总数",
            "departments that got a grant of another one ÷ departments",
        ),
        "availability.online": (
            "在线时长 ÷ 监测时长（计划检修除外）",
            "time online ÷ time watched, planned maintenance left out",
        ),
        "availability.intact": (
            "在线且画面正常时长 ÷ 监测时长（计划检修除外）",
            "time online with pictures in order ÷ time watched, planned maintenance left out",
        ),
        "availability.recorded": ("有录像时长 ÷ 已核查时长", "time recorded ÷ time that sources were asked about"),
        "availability.retrievals": (
            "取得结果的调取数 ÷ 取得结果或失败的调取数",
            "retrievals with a result ÷ those with a result or failed",
        ),
        "control.trace": (
            "调阅人、单位、依据、事由、授权及交付结果均有记录的调阅数 ÷ 允许的调阅数",
            "accesses with person, unit, basis, reason, grant and outcome on record ÷ accesses allowed",
        ),
        "control.on_time": (
            "在时限内办理的事项数 ÷（已办结 + 逾期未办的事项数）",
            "decisions within their deadlines ÷ those made and those overdue",
        ),
        "control.overdue": (
            "逾期未办的事项数 ÷（已办结 + 逾期未办的事项数）",
            "decisions not made when their deadlines were over ÷ those made and those overdue",
        ),
        "control.emergencies": (
            "事后获批准的应急调阅数 ÷ 应办结的应急调阅数",
            "emergencies ratified afterwards ÷ emergencies that had to be",
        ),
    },
)
