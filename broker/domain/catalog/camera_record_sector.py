# ruff: noqa: E501 - a table; a Chinese character counts as two
"""The sector's own attributes (一机一档, as platforms write them), and what law and installation ask for.

The sector's codes look like those of GB/T 28181 and mean other things: H.265 is 4 here and 5 there, 5 is a checkpoint
bullet here and a moved half dome there, class 4 exists only here. They have fields of their own and are never mixed.
"""

from broker.domain.catalog.camera_record_field import FieldKind, RecordField, Standard, Word

_SECTOR = "DB3708/T 7-2022"


def _words(*told: tuple[str, str, str]) -> dict[str, Word]:
    return {code: Word(zh, en) for code, zh, en in told}


def _numbered(*told: tuple[str, str]) -> dict[str, Word]:
    return {str(number): Word(zh, en) for number, (zh, en) in enumerate(told, 1)}


SECTOR = (
    RecordField("sector_maker", "设备厂商（一机一档）", "Maker (sector)", FieldKind.CODE, Standard.SECTOR, ("sbcs",), _SECTOR,
                _numbered(("海康威视", "Hikvision"), ("大华", "Dahua"), ("天地伟业", "Tiandy"), ("科达", "Kedacom"),
                          ("安讯士", "Axis"), ("博世", "Bosch"), ("亚安", "Yaan"), ("英飞拓", "Infinova"),
                          ("宇视", "Uniview"), ("海信", "Hisense"), ("中星电子", "Vimicro"), ("明景", "Mingjing"),
                          ("联想", "Lenovo"), ("中兴", "ZTE"), ("华为", "Huawei")) | _words(("99", "其他", "other"))),
    RecordField("sector_camera_type", "摄像机类型（一机一档）", "Build (sector)", FieldKind.CODE, Standard.SECTOR, ("sxjlx",),
                _SECTOR, _words(("1", "球机", "dome"), ("2", "半球", "half dome"), ("3", "固定枪机", "fixed bullet"),
                                ("4", "遥控枪机", "moved bullet"), ("5", "卡口枪机", "checkpoint bullet"),
                                ("99", "未知", "unknown"))),
    RecordField("sector_function_types", "摄像机功能类型（一机一档）", "Functions (sector)", FieldKind.CODES, Standard.SECTOR,
                ("sxjgnlx",), _SECTOR,
                _words(("1", "车辆卡口", "vehicles"), ("2", "人员卡口", "persons"), ("3", "微卡口", "small checkpoint"),
                       ("4", "特征摄像机", "features"), ("5", "普通监控", "ordinary"), ("6", "高空瞭望", "lookout"),
                       ("99", "其他", "other"))),
    RecordField("sector_supply_light", "补光属性（一机一档）", "Light (sector)", FieldKind.CODE, Standard.SECTOR, ("bgsx",),
                _SECTOR, _words(("1", "无", "none"), ("2", "红外", "infrared"), ("3", "白光", "white"),
                                ("9", "其他", "other"))),
    RecordField("sector_codec", "编码格式（一机一档）", "Codec (sector)", FieldKind.CODE, Standard.SECTOR, ("sxjbmgs",),
                _SECTOR, _numbered(("MPEG-4", "MPEG-4 Visual"), ("H.264", "AVC"), ("SVAC", "GB/T 25724"),
                                   ("H.265", "HEVC"))),
    RecordField("sector_position_types", "位置类型（一机一档）", "Kind of place (sector)", FieldKind.CODES, Standard.SECTOR,
                ("sxjwzlx",), _SECTOR,
                _numbered(("省际检查站", "inspection post between provinces"), ("党政机关", "party or government organ"),
                          ("车站码头", "station or pier"), ("中心广场", "central square"), ("体育场馆", "stadium"),
                          ("商业中心", "commercial center"), ("宗教场所", "religious place"), ("校园周边", "around a school"),
                          ("治安复杂区域", "area of complex public order"), ("交通干线", "main traffic line"),
                          ("医院周边", "around a hospital"), ("金融机构周边", "around a bank"),
                          ("危险物品场所周边", "around dangerous goods"), ("博物馆展览馆", "museum or exhibition"),
                          ("重点水域航道", "key waters"))
                | _words(("96", "市际公安检查站", "police post between cities"), ("97", "涉外场所", "foreign institution"),
                         ("98", "边境沿线", "along the border"), ("99", "旅游景区", "scenic spot"))),
    RecordField("sector_direction", "监视方位（一机一档）", "Direction (sector)", FieldKind.CODE, Standard.SECTOR, ("jsfw",),
                _SECTOR, _numbered(("东", "east"), ("西", "west"), ("南", "south"), ("北", "north"), ("东南", "southeast"),
                                   ("东北", "northeast"), ("西南", "southwest"), ("西北", "northwest"),
                                   ("全向", "all around"))),
    RecordField("sector_networked", "联网属性", "Networked", FieldKind.CODE, Standard.SECTOR, ("lwsx",), _SECTOR,
                _words(("0", "未联网", "not networked"), ("1", "已联网", "networked"))),
    RecordField("sector_police_org", "所属辖区公安机关", "Police organ of the area", FieldKind.CODE, Standard.SECTOR,
                ("ssxqgajg",), "GA/T 380", pattern=r"[0-9A-Z]{12}", shape="12 × 0-9 A-Z"),
    RecordField("sector_point_class", "监控点位类型（一机一档）", "Class (sector)", FieldKind.CODE, Standard.SECTOR,
                ("jkdwlx",), _SECTOR,
                _words(("1", "一类视频监控点", "class one"), ("2", "二类视频监控点", "class two"),
                       ("3", "三类视频监控点", "class three"), ("4", "公安内部视频监控点", "inside police premises"),
                       ("9", "其他点位", "other"))),
    RecordField("sector_industries", "所属部门/行业", "Sectors", FieldKind.CODES, Standard.SECTOR, ("ssbmhy",), _SECTOR,
                _numbered(("公安机关", "police"), ("环保", "environment"), ("文博", "heritage"), ("医疗", "health"),
                          ("旅游", "tourism"), ("新闻广电", "broadcasting"), ("食品医药监督", "food and drugs"),
                          ("教育", "education"), ("检察院", "procuratorate"), ("法院", "court"), ("金融", "finance"),
                          ("交通", "traffic"), ("住房和城乡建设", "housing"), ("水利", "water"), ("林业", "forestry"),
                          ("安全生产监督", "work safety"), ("市政市容", "city services"), ("国土", "land"))),
    RecordField("sector_ipv6", "IPv6 地址", "IPv6 address", FieldKind.TEXT, Standard.SECTOR, ("ipv6",), _SECTOR,
                pattern=r"[0-9a-fA-F:.]{2,45}", shape="IPv6", longest=45),
)  # fmt: skip

LAW = (
    RecordField("legal_category", "条例类别", "Category in law", FieldKind.CODE, Standard.LAW, (), "第七条、第九条、第三十三条",
                _words(("art7_government", "第七条：政府建设", "article 7, built by government"),
                       ("art7_operator", "第七条：经营管理单位建设", "article 7, built by the operating unit"),
                       ("art9_other", "第九条：其他公共场所", "article 9, other public place"),
                       ("art33_nonpublic", "第三十三条：非公共场所", "article 33, no public place"))),
    RecordField("filing_number", "备案编号", "Filing number", FieldKind.TEXT, Standard.LAW, (), "第十四条", longest=80),
    RecordField("filed_on", "备案日期", "Filed on", FieldKind.INSTANT, Standard.LAW, (), "第十四条"),
    RecordField("signage", "提示标识", "Sign", FieldKind.FLAG, Standard.LAW, (), "第十三条"),
    RecordField("near_classified_unit", "邻近涉密单位", "Near a classified unit", FieldKind.FLAG, Standard.LAW, (),
                "第十条"),
    RecordField("consent_document", "同意文件", "Document of consent", FieldKind.TEXT, Standard.LAW, (), "第十条"),
    RecordField("place_type", "场所类型", "Kind of place", FieldKind.TEXT, Standard.LAW, (), "第八条", longest=80),
    RecordField("sensitivity_class", "敏感等级", "Sensitivity", FieldKind.CODE, Standard.LAW, (), "",
                _words(("ordinary", "一般", "ordinary"), ("sensitive", "敏感", "sensitive"),
                       ("core", "核心", "core"))),
    RecordField("mount_height", "安装高度（米）", "Height (m)", FieldKind.NUMBER, Standard.LAW, (), "", low=0, high=1000),
)  # fmt: skip
