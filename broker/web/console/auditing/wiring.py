"""The routes of the auditor's desk; what names a page comes before what takes any name."""

from broker.web.console.auditing import case, checking, handed, lists, register, trace

ROUTERS = (trace.router, checking.router, lists.router, case.router, register.router, handed.router)
