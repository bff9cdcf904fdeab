"""The description of the API: who it is for, how to sign in, what every answer may be instead."""

from typing import Any, Final

from fastapi import FastAPI
from fastapi.routing import APIRoute

from broker.web.auth import CSRF_HEADER
from broker.web.idempotency import HEADER
from broker.web.problems import MEDIA_TYPE, STATUS

TITLE = "雪亮 Xueliang API"
DESCRIPTION = """\
各部门依法共享公共安全视频：申请、审批、授权、调取、留痕。

Departments of a city share surveillance footage lawfully: request, approval, authorization, retrieval, trace.

* **Signing in 登录** — a session cookie (POST /api/v1/sessions; every write then needs `X-CSRF-Token`), or an API token
  in `Authorization: Bearer xlt_…`. Never in a URL.
* **Problems 问题** — every refusal is RFC 9457 `application/problem+json`, its sentence in the language of
  `Accept-Language` (zh or en).
* **Sending again 重发** — a write takes `Idempotency-Key`: the same call under the same key is carried out once.
* **Lists 列表** — `limit` and `after`; `next` of one page is `after` of the following.
* **Times 时间** — ISO 8601 with offset in, UTC out; spans are half open, [begin, end).
"""
TAGS: Final = [
    {"name": "sessions", "description": "Sign in and out. 登录与退出。"},
    {"name": "me", "description": "Your own account, password and tokens. 本人账号、密码与令牌。"},
    {"name": "notices", "description": "What you were told, and how you are reached. 通知与联系方式。"},
    {"name": "webhooks", "description": "Signed calls to the systems of departments. 推送地址。"},
    {"name": "emergencies", "description": "Look first, answer for it within a day. 应急调阅。"},
    {"name": "statistics", "description": "How the flow runs. 办理统计。"},
    {"name": "measures", "description": "The four measures and what is planned. 四项指标与计划目标。"},
    {"name": "departments", "description": "The tree of departments. 部门树。"},
    {"name": "persons", "description": "Accounts and roles. 账号与角色。"},
    {"name": "delegations", "description": "Standing in for others. 职权委托。"},
    {"name": "absences", "description": "Who is away. 离岗登记。"},
    {"name": "cameras", "description": "The catalogue of points. 点位目录。"},
    {"name": "imports", "description": "Imports of lists, and saved ways of reading. 清单导入与映射方案。"},
    {"name": "divisions", "description": "Administrative divisions. 行政区划。"},
    {"name": "sources", "description": "Where footage lies. 录像接入源。"},
    {"name": "points", "description": "How points are and were. 点位运行状况与在线率。"},
    {"name": "maintenance", "description": "Planned maintenance. 计划检修。"},
    {"name": "access-requests", "description": "Requests and the center's decision. 申请与综治中心审批。"},
    {"name": "request-items", "description": "The owners' decisions. 权属部门授权。"},
    {"name": "grants", "description": "Grants and their end. 授权单及其撤销。"},
    {"name": "locks", "description": "Locks on persons, cameras and departments. 人员、点位与部门的锁定。"},
    {"name": "holds", "description": "Legal holds on copies. 副本的保全。"},
    {"name": "retrievals", "description": "Snapshots and clips. 截图与录像调取。"},
    {"name": "packages", "description": "Results as signed evidence packages. 证据包。"},
    {"name": "copies", "description": "From a copy back to who took it. 副本溯源。"},
    {"name": "policies", "description": "Who may do what. 权限策略。"},
    {"name": "rulebook", "description": "Routes, lists, limits, deadlines. 流程与规则。"},
    {"name": "attachments", "description": "Papers of a request. 申请附件。"},
    {"name": "access-register", "description": "Who looked at what, and why. 调阅登记簿。"},
    {"name": "audit", "description": "The trace. 留痕与审计。"},
    {"name": "jobs", "description": "What the workers have to do. 后台任务。"},
    {"name": "problems", "description": "What a problem means. 问题说明。"},
    {"name": "health", "description": "For whoever watches the program. 运行状态。"},
]
WRITES = frozenset({"post", "put", "patch", "delete"})
UNREMEMBERED = frozenset(
    {
        "sign_in",
        "issue_token",
        "add_webhook",
        "begin_second_factor",
        "confirm_second_factor",
        "renew_recovery_codes",
        "step_up",
        "reset_password",
        "invite_person",
        "take_invite",
        "begin_identity_link",
        "verify_handed_package",
    },
)
"""Writes whose answer holds a secret and is never kept for a replay."""

_ENTRY = {
    "type": "object",
    "required": ["pointer", "slug", "detail"],
    "properties": {name: {"type": "string"} for name in ("pointer", "slug", "detail")},
}
_PROBLEM = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457 problem details, in the language of Accept-Language.",
    "required": ["type", "title", "status", "detail", "instance", "slug"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string", "format": "uri-reference"},
        "slug": {"type": "string"},
        "pointer": {"type": "string", "description": "JSON pointer into the body, or #query/…, #path/…, #header/…"},
        "missing": {"type": "array", "items": {"type": "string"}, "description": "What the policy would have needed"},
        "facts": {"type": "object", "additionalProperties": True},
        "errors": {"type": "array", "items": _ENTRY},
        "request_id": {"type": "string"},
    },
    "examples": [
        {
            "type": "/api/v1/problems/stale-revision",
            "title": "与现状冲突",
            "status": 409,
            "detail": "申请已经变了：您依据的是第 1 版，现在是第 2 版，请重新查看后再决定。",
            "instance": "/api/v1/access-requests/01930b5e-7a3c-7f6e-8b1a-2f6f5d3c1a00/approve",
            "slug": "stale-revision",
            "pointer": "/revision",
            "facts": {"given": 1, "current": 2},
            "request_id": "01930b5e-7a3c-7f6e-8b1a-2f6f5d3c1a01",
        },
    ],
}
_KEY = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "The same call under the same key is carried out once. 同一个键只执行一次。",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200},
}
_CSRF = {"type": "apiKey", "in": "header", "name": CSRF_HEADER, "description": "`csrf` of the sign-in, for writes"}


class DescribedApp(FastAPI):
    """The application with the description that the framework alone cannot give."""

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document."""
        first = self.openapi_schema is None
        document = super().openapi()
        if first:
            complete(document)
        return document


def operation_name(route: APIRoute) -> str:
    """Return the operation id: the name of the endpoint, which says verb and noun."""
    return route.name


def complete(document: dict[str, Any]) -> None:
    """Add problems, the key of a write, and what a cookie needs beside it."""
    components = document["components"]
    components["schemas"]["Problem"] = _PROBLEM
    for unused in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(unused, None)
    components["securitySchemes"]["csrf"] = _CSRF
    for path in document["paths"].values():
        for method, operation in path.items():
            _complete(operation, writes=method in WRITES)


def _complete(operation: dict[str, Any], *, writes: bool) -> None:
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    operation["responses"].pop("422", None)
    statuses = sorted({*STATUS.values()}) if "security" in operation else [404, 422, 503]
    told = {str(status): {"description": _MEANINGS[status], "content": content} for status in statuses}
    operation["responses"] |= told
    operation["responses"]["default"] = {"description": "Problem. 问题。", "content": content}
    if writes and "security" in operation:
        operation["security"] = [{"token": []}, {"session": [], "csrf": []}]
    if writes and operation["operationId"] not in UNREMEMBERED:
        operation.setdefault("parameters", []).append(_KEY)


_MEANINGS = {
    401: "Nobody is signed in. 未登录。",
    403: "Refused; `missing` says why. 无权办理。",
    404: "No such thing, or you may not see it. 不存在或无权查看。",
    409: "Not in the state this needs, or somebody was first. 与现状冲突。",
    413: "Too large. 内容过大。",
    422: "The input is wrong; `pointer` or `errors` say where. 输入有误。",
    429: "Too many tries; see Retry-After. 次数过多。",
    502: "A source of footage failed. 录像源故障。",
    503: "The broker cannot do it now; see Retry-After. 暂时不可用。",
}
