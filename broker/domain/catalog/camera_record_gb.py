# ruff: noqa: E501 - a table; a Chinese character counts as two
"""The fields of the catalogue item of GB/T 28181-2022 A.2.1.9 and its Info block, and those only 2016 has.

What a point has a column of its own for stands not here: DeviceID, Name, CivilCode, Address, Status, Longitude,
Latitude, Info/DirectionType and Info/PointType. Password is never read.
"""

from broker.domain.catalog.camera_record_field import FieldKind, RecordField, Standard, Word

_ITEM = "A.2.1.9"
_INFO = "A.2.1.9 Info"
_CLASS_ONE = frozenset({1})

RESOLUTION = r"[1-6]|[1-9]\d{1,4}[xX*×][1-9]\d{1,4}"
CAPTURE_PLACES = (*(f"{number:03d}" for number in (*range(1, 29), 31, 32, 998, 999)),)
"""Top classes of annex O: where a camera looks."""


def _words(*told: tuple[str, str, str]) -> dict[str, Word]:
    return {code: Word(zh, en) for code, zh, en in told}


ITEM = (
    RecordField("manufacturer", "设备厂商", "Manufacturer", FieldKind.TEXT, Standard.BOTH, ("Manufacturer",), _ITEM,
                expected=True),
    RecordField("model", "设备型号", "Model", FieldKind.TEXT, Standard.BOTH, ("Model",), _ITEM, expected=True),
    RecordField("block", "警区", "Police block", FieldKind.TEXT, Standard.BOTH, ("Block",), _ITEM, longest=40),
    RecordField("parental", "有子设备", "Has children", FieldKind.FLAG, Standard.BOTH, ("Parental",), _ITEM),
    RecordField("parent_id", "父节点编码", "Parents", FieldKind.CODES, Standard.BOTH, ("ParentID",), _ITEM,
                pattern=r"\d{20}|\d{18}|\d{2}|\d{4}|\d{6}|\d{8}", shape="2-20 × 0-9", expected=True),
    RecordField("business_group_id", "业务分组编码", "Business group", FieldKind.CODE, Standard.BOTH,
                ("BusinessGroupID",), _ITEM, pattern=r"\d{20}", shape="20 × 0-9"),
    RecordField("register_way", "注册方式", "Way of registering", FieldKind.CODE, Standard.BOTH, ("RegisterWay",), _ITEM,
                _words(("1", "摘要认证", "digest"), ("2", "口令双向认证", "mutual by password"),
                       ("3", "证书双向认证", "mutual by certificate"),
                       ("4", "证书单向认证", "one-way by certificate"))),
    RecordField("security_level_code", "安全能力等级", "Security level", FieldKind.CODE, Standard.Y2022,
                ("SecurityLevelCode",), _ITEM,
                _words(("A", "A 级", "level A"), ("B", "B 级", "level B"), ("C", "C 级", "level C"))),
    RecordField("ip_address", "IP 地址", "Address in the network", FieldKind.TEXT, Standard.BOTH, ("IPAddress",), _ITEM,
                pattern=r"[0-9a-fA-F:.]{2,45}", shape="IPv4 / IPv6", longest=45),
    RecordField("port", "端口", "Port", FieldKind.INTEGER, Standard.BOTH, ("Port",), _ITEM, low=1, high=65535),
)  # fmt: skip

INFO = (
    RecordField("ptz_type", "摄像机结构类型", "Build", FieldKind.CODE, Standard.BOTH, ("PTZType",), _INFO,
                _words(("1", "球机", "dome with pan and tilt"), ("2", "半球", "half dome"),
                       ("3", "固定枪机", "fixed bullet"), ("4", "遥控枪机", "moved bullet"),
                       ("5", "遥控半球", "moved half dome"),
                       ("6", "多目全景/拼接通道", "joined channel of several lenses"),
                       ("7", "多目分割通道", "single channel of several lenses"))),
    RecordField("imaging_types", "光电成像类型", "Imaging", FieldKind.CODES, Standard.Y2022,
                ("PhotoelectricImagingType",), _INFO,
                _words(("1", "可见光", "visible light"), ("2", "热成像", "thermal"), ("3", "雷达", "radar"),
                       ("4", "X 光", "X-ray"), ("5", "深度光场", "light field"), ("9", "其他", "other"))),
    RecordField("capture_position_type", "采集部位类型", "Place that is looked at", FieldKind.CODE, Standard.Y2022,
                ("CapturePositionType",), "annex O", pattern=rf"(?:{'|'.join(CAPTURE_PLACES)})\d{{4}}",
                shape="001-028, 031, 032, 998, 999 + 4 × 0-9"),
    RecordField("room_type", "室内外", "Indoors or outdoors", FieldKind.CODE, Standard.BOTH, ("RoomType",), _INFO,
                _words(("1", "室外", "outdoors"), ("2", "室内", "indoors"))),
    RecordField("supply_light_type", "补光属性", "Light", FieldKind.CODE, Standard.BOTH, ("SupplyLightType",), _INFO,
                _words(("1", "无补光", "none"), ("2", "红外补光", "infrared"), ("3", "白光补光", "white"),
                       ("4", "激光补光", "laser"), ("9", "其他", "other"))),
    RecordField("resolutions", "支持的分辨率", "Resolutions", FieldKind.CODES, Standard.BOTH, ("Resolution",), _INFO,
                pattern=RESOLUTION, shape="1-6 / 1920x1080"),
    RecordField("stream_numbers", "码流编号列表", "Streams", FieldKind.CODES, Standard.Y2022, ("StreamNumberList",),
                _INFO, pattern=r"\d{1,2}", shape="0/1/2"),
    RecordField("download_speeds", "下载倍速", "Speeds of downloads", FieldKind.CODES, Standard.BOTH, ("DownloadSpeed",),
                _INFO, pattern=r"[1-9]\d{0,2}", shape="1/2/4"),
    RecordField("svc_space_mode", "空域编码能力", "Spatial layers", FieldKind.INTEGER, Standard.BOTH,
                ("SVCSpaceSupportMode",), _INFO, low=0, high=3),
    RecordField("svc_time_mode", "时域编码能力", "Temporal layers", FieldKind.INTEGER, Standard.BOTH,
                ("SVCTimeSupportMode",), _INFO, low=0, high=3),
    RecordField("ssvc_ratios", "增强层与基本层比例", "Ratios of layers", FieldKind.CODES, Standard.Y2022,
                ("SSVCRatioSupportList",), _INFO, pattern=r"[1-9]\d?:[1-9]\d?", shape="4:3/2:1/4:1"),
    RecordField("mobile_device_type", "移动采集设备类型", "Mobile device", FieldKind.CODE, Standard.Y2022,
                ("MobileDeviceType",), _INFO,
                _words(("1", "移动机器人载摄像机", "robot"), ("2", "执法记录仪", "body-worn recorder"),
                       ("3", "移动单兵设备", "single-soldier device"), ("4", "车载视频记录设备", "vehicle"),
                       ("5", "无人机载摄像机", "drone"), ("9", "其他", "other"))),
    RecordField("horizontal_field_angle", "水平视场角", "Horizontal field of view", FieldKind.NUMBER, Standard.Y2022,
                ("HorizontalFieldAngle",), _INFO, low=0, high=360, above=True),
    RecordField("vertical_field_angle", "竖直视场角", "Vertical field of view", FieldKind.NUMBER, Standard.Y2022,
                ("VerticalFieldAngle",), _INFO, low=0, high=360, above=True),
    RecordField("max_view_distance", "可视距离（米）", "Farthest view (m)", FieldKind.NUMBER, Standard.Y2022,
                ("MaxViewDistance",), _INFO, low=0, high=100_000, above=True),
    RecordField("grassroots_code", "基层组织编码", "Grass-roots code", FieldKind.CODE, Standard.Y2022,
                ("GrassrootsCode",), "E.3", pattern=r"[0-5]\d{2}[0-5]\d{2}", shape="000-599 + 000-599", expected=True),
    RecordField("common_name", "点位俗称", "Common name", FieldKind.TEXT, Standard.Y2022, ("PointCommonName",), _INFO),
    RecordField("mac", "MAC 地址", "MAC address", FieldKind.TEXT, Standard.Y2022, ("MAC",), _INFO,
                pattern=r"(?:[0-9A-Fa-f]{2}[-:]){5}[0-9A-Fa-f]{2}", shape="XX-XX-XX-XX-XX-XX", longest=17),
    RecordField("function_types", "卡口功能类型", "Checkpoint functions", FieldKind.CODES, Standard.Y2022,
                ("FunctionType",), _INFO,
                _words(("01", "人脸卡口", "faces"), ("02", "人员卡口", "persons"), ("03", "机动车卡口", "motor vehicles"),
                       ("04", "非机动车卡口", "other vehicles"), ("05", "物品卡口", "objects"),
                       ("99", "其他", "other"))),
    RecordField("encode_type", "视频编码格式", "Codec", FieldKind.CODE, Standard.Y2022, ("EncodeType",), "annex G",
                _words(("1", "MPEG-4", "MPEG-4 Visual"), ("2", "H.264", "AVC"), ("3", "SVAC", "GB/T 25724"),
                       ("4", "3GP", "3GPP"), ("5", "H.265", "HEVC"))),
    RecordField("install_time", "安装使用时间", "In use since", FieldKind.INSTANT, Standard.Y2022, ("InstallTime",), _INFO,
                mandatory=_CLASS_ONE),
    RecordField("management_unit", "管理单位", "Managing unit", FieldKind.TEXT, Standard.Y2022, ("ManagementUnit",),
                _INFO),
    RecordField("contact", "联系方式", "Contact", FieldKind.TEXT, Standard.Y2022, ("ContactInfo",), _INFO,
                mandatory=_CLASS_ONE),
    RecordField("record_save_days", "录像保存天数", "Days kept", FieldKind.INTEGER, Standard.Y2022, ("RecordSaveDays",),
                _INFO, low=0, high=3660, mandatory=_CLASS_ONE),
    RecordField("industrial_classification", "国民经济行业分类", "Industry", FieldKind.CODE, Standard.Y2022,
                ("IndustrialClassification",), "GB/T 4754", pattern=r"[A-T](?:\d{2,4})?|\d{2,4}",
                shape="A-T + 0-4 × 0-9"),
)  # fmt: skip

ONLY_2016 = (
    RecordField("position_types", "位置类型", "Kind of place", FieldKind.CODES, Standard.Y2016, ("PositionType",),
                "A.2.1 f", _words(
                    ("1", "省际检查站", "inspection post between provinces"), ("2", "党政机关", "party or government organ"),
                    ("3", "车站码头", "station or pier"), ("4", "中心广场", "central square"),
                    ("5", "体育场馆", "stadium"), ("6", "商业中心", "commercial center"), ("7", "宗教场所", "religious place"),
                    ("8", "校园周边", "around a school"), ("9", "治安复杂区域", "area of complex public order"),
                    ("10", "交通干线", "main traffic line"))),
    RecordField("use_type", "用途属性", "Use", FieldKind.CODE, Standard.Y2016, ("UseType",), "A.2.1 f",
                _words(("1", "治安", "public order"), ("2", "交通", "traffic"), ("3", "重点", "key point"))),
)  # fmt: skip
