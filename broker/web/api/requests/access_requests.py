"""Access requests: the requester's moves and the center's decision."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from broker.domain.ids import RequestId
from broker.domain.requests.request_states import RequestState
from broker.web.api.requests.request_forms import ApprovalIn, ReasonIn, RefusalIn, ReportIn, RequestIn, ReturnIn
from broker.web.api.requests.request_views import RequestOut, RequestRow, rows, whole
from broker.web.deps import BrokerDep, CallerDep, ReadingDep
from broker.web.paging import ById, Page
from broker.web.routes import OnceRoute

router = APIRouter(prefix="/access-requests", tags=["access-requests"], route_class=OnceRoute)

State = Annotated[RequestState | None, Query(description="Only requests in this state. 只列出处于该状态的申请。")]


@router.get("")
def list_access_requests(
    caller: CallerDep, broker: BrokerDep, reading: ReadingDep, window: ById, state: State = None
) -> Page[RequestRow]:
    """列出您可见的申请，新的在前。List the requests you may know of, newest first."""
    after = None if window.after is None else RequestId(window.after)
    found = broker.access_requests.page(caller, state=state, after=after, limit=window.wanted)
    return window.page(found, lambda it: it.id, lambda shown: rows(shown, reading))


@router.post("", status_code=201)
def draft_access_request(body: RequestIn, caller: CallerDep, broker: BrokerDep, reading: ReadingDep) -> RequestOut:
    """以本部门名义起草申请。Open a draft in the name of your department."""
    return whole(broker.access_requests.draft(caller, body.form()), reading)


@router.get("/{key}")
def read_access_request(key: UUID, caller: CallerDep, broker: BrokerDep, reading: ReadingDep) -> RequestOut:
    """查看一份申请。Read a request."""
    return whole(broker.access_requests.read(caller, RequestId(key)), reading)


@router.put("/{key}")
def edit_access_request(
    key: UUID, body: RequestIn, caller: CallerDep, broker: BrokerDep, reading: ReadingDep
) -> RequestOut:
    """修改申请内容。Replace what is asked, before submission or after a return."""
    return whole(broker.access_requests.edit(caller, RequestId(key), body.form()), reading)


@router.post("/{key}/submit")
def submit_access_request(key: UUID, caller: CallerDep, broker: BrokerDep, reading: ReadingDep) -> RequestOut:
    """提交给综治中心审批。Send it to the center that decides."""
    return whole(broker.access_requests.submit(caller, RequestId(key)), reading)


@router.post("/{key}/withdraw")
def withdraw_access_request(
    key: UUID, body: ReasonIn, caller: CallerDep, broker: BrokerDep, reading: ReadingDep
) -> RequestOut:
    """撤回申请，并收回由此取得的授权。Take it back, with everything that was granted for it."""
    return whole(broker.access_requests.withdraw(caller, RequestId(key), body.reason), reading)


@router.post("/{key}/close")
def close_access_request(
    key: UUID, body: ReportIn, caller: CallerDep, broker: BrokerDep, reading: ReadingDep
) -> RequestOut:
    """填写使用情况并办结，尚有效的授权单随之终止。Report what the footage was used for and close the request."""
    return whole(broker.access_requests.close(caller, RequestId(key), body.report), reading)


@router.post("/{key}/approve")
def approve_access_request(
    key: UUID, body: ApprovalIn, caller: CallerDep, broker: BrokerDep, reading: ReadingDep
) -> RequestOut:
    """审批通过，可以收窄。Approve the need, whole or narrower."""
    return whole(broker.approvals.approve(caller, RequestId(key), body.verdict()), reading)


@router.post("/{key}/return")
def return_access_request(
    key: UUID, body: ReturnIn, caller: CallerDep, broker: BrokerDep, reading: ReadingDep
) -> RequestOut:
    """退回补充。Return it to the requester for supplement."""
    return whole(broker.approvals.send_back(caller, RequestId(key), body.revision, body.comment, body.remarks), reading)


@router.post("/{key}/reject")
def reject_access_request(
    key: UUID, body: RefusalIn, caller: CallerDep, broker: BrokerDep, reading: ReadingDep
) -> RequestOut:
    """驳回申请。Refuse the need for good."""
    return whole(broker.approvals.reject(caller, RequestId(key), body.revision, body.reason), reading)
