"""What lists call the fields of a point: Chinese, GB/T 28181-2022 A.2.1.9, 一机一档, plain English."""

import re
import unicodedata
from collections.abc import Mapping

from broker.domain.catalog.camera_record import RECORD_FIELDS

_RECORD: Mapping[str, tuple[str, ...]] = {
    "manufacturer": ("厂商", "厂家", "品牌", "制造商", "vendor", "brand"),
    "model": ("型号", "摄像机型号"),
    "block": ("警区编码",),
    "parent_id": ("父设备编码", "父设备ID", "上级编码"),
    "ip_address": ("ip", "IP地址", "IPV4", "ipv4", "设备IP", "摄像机IP", "ipaddr"),
    "port": ("端口号", "设备端口"),
    "ptz_type": ("云台类型", "结构类型"),
    "room_type": ("室内室外", "位置属性"),
    "supply_light_type": ("补光类型",),
    "resolutions": ("分辨率", "视频分辨率"),
    "max_view_distance": ("可视距离", "最大可视距离"),
    "common_name": ("俗称", "俗名", "别名", "dwsc", "alias"),
    "mac": ("MAC", "mac", "macdz", "物理地址"),
    "encode_type": ("视频编码", "encoding"),
    "install_time": ("安装时间", "启用时间", "azsj", "安装日期"),
    "management_unit": ("管理部门", "gldw", "运维单位"),
    "contact": ("联系电话", "管理单位联系方式", "gldwlxfs", "联系人电话"),
    "record_save_days": ("录像保存时间", "存储天数", "保存天数", "lxbcts", "retention_days"),
    "industrial_classification": ("行业分类",),
    "sector_maker": ("sbcs",),
    "legal_category": ("条例分类",),
    "filing_number": ("备案号",),
    "filed_on": ("备案时间",),
    "signage": ("标识牌", "是否设置提示标识"),
    "place_type": ("场所类别",),
    "mount_height": ("安装高度", "架设高度"),
}

_POINT: Mapping[str, tuple[str, ...]] = {
    "gb_code": ("国标编码", "国标编号", "国标ID", "设备编码", "gb_code", "GBID", "DeviceID", "sbbm"),
    "external_key": (
        *("external_id", "external_key", "点位编号", "设备编号", "编号"),
        *("id", "uuid", "guid", "objectid", "url"),
    ),
    "name": (
        *("名称", "设备名称", "点位名称", "监控点名称", "摄像机名称", "点位"),
        *("name", "device_name", "camera_name", "sbmc", "title", "description"),
    ),
    "latitude": ("纬度", "latitude", "lat", "wd", "y"),
    "longitude": ("经度", "longitude", "lon", "lng", "long", "jd", "x"),
    "gcj02_latitude": (
        "纬度（GCJ-02）",
        "纬度（GCJ02）",
        "gcj02_latitude",
        "gcj_lat",
        "gcj02_lat",
        "高德纬度",
        "火星纬度",
    ),
    "gcj02_longitude": (
        *("经度（GCJ-02）", "经度（GCJ02）", "gcj02_longitude", "gcj_lng", "gcj_lon", "gcj02_lng", "gcj02_lon"),
        *("高德经度", "火星经度"),
    ),
    "division": ("行政区划", "行政区划代码", "行政区划编码", "行政区域", "CivilCode", "division", "xzqy"),
    "address": ("安装地址", "地址", "安装位置", "address", "azdz"),
    "direction": ("朝向", "方向", "监视方位", "direction", "DirectionType", "facing", "jsfw"),
    "point_class": ("点位类型", "监控点位类型", "点位类别", "PointType", "point_class", "jkdwlx"),
    "edition": ("国标版本", "edition", "gb_version"),
    "lifecycle": ("设备状态", "使用状态", "lifecycle", "sbzt"),
    "tags": ("标签", "tags"),
    "secrecy": ("Secrecy", "保密属性", "是否涉密", "涉密"),
    "sensitive": ("sensitive", "敏感点位", "是否敏感", "敏感"),
    "synthetic": ("synthetic", "合成数据", "模拟数据"),
    "place_checked": ("场所已核", "place_checked"),
    "extra": ("其他信息", "extra"),
    "ignored": ("在线状态", "Status", "catalogue_status"),
}


def _aliases() -> dict[str, tuple[str, ...]]:
    """Return the names of all fields; what the point itself takes (jsfw, jkdwlx) feeds no second field."""
    taken = {alike(name) for names in _POINT.values() for name in names}
    found = dict(_POINT)
    for key, field in RECORD_FIELDS.items():
        names = [field.zh, *field.elements, key, *_RECORD.get(key, ()), field.en]
        free = {alike(name): name for name in reversed(names) if alike(name) not in taken}
        taken |= free.keys()
        found[key] = tuple(reversed(free.values()))
    return found


def alike(name: str) -> str:
    """Return a heading without what does not tell headings apart: case, width, blanks, underscores."""
    return re.sub(r"[\s_]", "", unicodedata.normalize("NFKC", name).casefold())


ALIASES: Mapping[str, tuple[str, ...]] = _aliases()
"""Names of columns, the most telling first; an export writes the first one."""

FIELDS = tuple(ALIASES)
