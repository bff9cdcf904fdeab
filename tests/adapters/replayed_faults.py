"""What is wrong with a server whose recorded answers are given again: each wraps the answers of a good one."""

import json
from collections.abc import Callable
from datetime import timedelta
from threading import Lock
from typing import Any

from broker.domain.time import TimeSpan
from tests.adapters.web_server import Answering, Call, Reply

Which = Callable[[Call], bool]
LOGIN_PAGE = Reply(b"<!DOCTYPE html><html><body>login</body></html>", headers={"content-type": "text/html"})


def answered(answering: Answering, which: Which, reply: Reply) -> Answering:
    """Give one and the same answer to some questions."""
    return lambda call: reply if which(call) else answering(call)


def nameless(answering: Answering, which: Which, instead: Callable[[Call], Call]) -> Answering:
    """Answer some questions as if another had been asked, and do not say which."""

    def mixing(call: Call) -> Reply:
        if not which(call):
            return answering(call)
        wrong = answering(instead(call))
        headers = {name: told for name, told in wrong.headers.items() if name != "content-disposition"}
        return Reply(wrong.body, wrong.status, headers)

    return mixing


def retold(answering: Answering, which: Which, change: Callable[[Any], Any]) -> Answering:
    """Change what the JSON of some answers says."""

    def telling(call: Call) -> Reply:
        answer = answering(call)
        if not which(call) or answer.status != 200:
            return answer
        return Reply(json.dumps(change(json.loads(answer.body))).encode(), answer.status)

    return telling


class OneAtATime:
    """Refuses whoever comes while another is being answered."""

    def __init__(self, answering: Answering) -> None:
        self._answering, self._alone = answering, Lock()

    def __call__(self, call: Call) -> Reply:
        if not self._alone.acquire(blocking=False):
            return Reply(b"", 503)
        try:
            return self._answering(call)
        finally:
            self._alone.release()


def around(span: TimeSpan, near: timedelta) -> TimeSpan:
    """Return a span with what is so near to it."""
    return TimeSpan(span.begin - near, span.end + near)
