"""The rulebook as shipped, version 0: the default route of the field, and the special ones before it."""

from datetime import timedelta

from broker.domain.deciding.calendar import Calendar
from broker.domain.deciding.routes import Deadlines, Match, Route
from broker.domain.deciding.rulebook import Rulebook
from broker.domain.footage.grants import Condition
from broker.domain.requests.purpose import Basis, Matter, PurposeRules

_DOCUMENT = r".{1,30}[〔\[(（]\d{4}[〕\])）](?:第)?\d{1,6}号"  # 东环罚〔2026〕12号
_INCIDENT = r"[A-Za-z\u4e00-\u9fff]{0,10}\d{6,20}"  # 110202611210001

BASES = (
    Basis("police", "公安机关办理刑事、行政案件", "Criminal or administrative police case",
          "公安机关办理刑事案件程序规定第62条", _DOCUMENT, "锦公（刑）调证字〔2026〕12号"),
    Basis("administrative", "行政执法调查取证", "Administrative enforcement",
          "行政处罚法第54条；公共安全视频图像信息系统管理条例第20条", _DOCUMENT, "东环罚〔2026〕12号"),
    Basis("public-safety", "公共安全与突发事件处置", "Public safety and incidents",
          "突发事件应对法；公共安全视频图像信息系统管理条例第20条", rf"{_DOCUMENT}|{_INCIDENT}", "110202611210001"),
    Basis("consultation", "与本人权益相关的查阅", "Consultation by the person concerned",
          "公共安全视频图像信息系统管理条例第21条", _DOCUMENT, "东查〔2026〕3号"),
    Basis("publication", "向社会公开发布", "Release to the public",
          "公共安全视频图像信息系统管理条例第22条", _DOCUMENT, "东宣〔2026〕5号"),
)  # fmt: skip

MATTERS = (
    Matter("criminal", "刑事案件", "Criminal case"),
    Matter("administrative", "行政案件", "Administrative case"),
    Matter("traffic", "交通事故与违法", "Traffic accident or offence"),
    Matter("environment", "环境与市容", "Environment and city appearance"),
    Matter("missing", "走失与求助", "Missing person or call for help"),
    Matter("disaster", "灾害与事故处置", "Disaster or accident"),
    Matter("dispute", "纠纷与权益", "Dispute or rights of a person"),
    Matter("other", "其他", "Other"),
)

HOLLOW = (
    "工作", "办案", "业务", "执法", "调查", "调取", "查看", "监控", "录像", "视频", "需要", "因", "需", "的", "了",
    "请", "批准", "同意", "领导", "要求", "相关", "有关", "事宜", "情况", "情形", "一下", "如题", "无", "同上",
    "测试", "test", "testing", "asdf", "asdfg", "asdfgh", "none", "todo", "na", "as", "above", "needed", "for",
    "work", "the", "case", "please", "approve",
)  # fmt: skip

ROUTES = (
    Route("publication-sensitive", "公开发布（敏感点位双人授权）", "Public release of sensitive points",
          Match(bases=frozenset({"publication"}), sensitive=True),
          center_approvals=2, owner_authorizations=2, conditions=frozenset({Condition.REDACTION})),
    Route("publication", "公开发布", "Public release", Match(bases=frozenset({"publication"})),
          center_approvals=2, conditions=frozenset({Condition.REDACTION})),
    Route("consultation-sensitive", "公民查阅（敏感点位双人授权）", "Citizen consultation of sensitive points",
          Match(bases=frozenset({"consultation"}), sensitive=True),
          owner_authorizations=2, conditions=frozenset({Condition.VIEW_ONLY}), longest_validity=timedelta(days=7)),
    Route("consultation", "公民查阅", "Citizen consultation", Match(bases=frozenset({"consultation"})),
          conditions=frozenset({Condition.VIEW_ONLY}), longest_validity=timedelta(days=7)),
    Route("own-sensitive", "本部门敏感点位", "Own sensitive points", Match(own=True, sensitive=True),
          center_approvals=0, owner_authorizations=2),
    Route("own", "本部门点位", "Own cameras", Match(own=True), center_approvals=0),
    Route("sensitive-urgent", "敏感点位双人授权（紧急）", "Two-person rule, urgent", Match(sensitive=True, urgent=True),
          owner_authorizations=2, deadlines=Deadlines(center=timedelta(hours=4), business=False)),
    Route("sensitive", "敏感点位双人授权", "Two-person rule for sensitive points", Match(sensitive=True),
          owner_authorizations=2),
    Route("urgent", "紧急调阅", "Urgent", Match(urgent=True),
          deadlines=Deadlines(center=timedelta(hours=4), business=False)),
    Route("default", "需求申请、中心审批、部门授权", "Request, approval, authorization", Match()),
)  # fmt: skip

SHIPPED = Rulebook(
    version=0,
    purpose=PurposeRules(BASES, MATTERS, HOLLOW, shortest_reason=8),
    routes=ROUTES,
    calendar=Calendar(),
)
