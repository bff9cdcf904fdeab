"""The pages around the desks: the start, the language, the list of keys, the parts that pages are made of."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from broker.domain.errors import Invalid
from broker.domain.local_paths import local_path
from broker.locale import LANGUAGES
from broker.web.console.assets import FOREVER, asset
from broker.web.console.desks import desks_for
from broker.web.console.forms import FormDep
from broker.web.console.instants import DAY
from broker.web.console.routes import PageRoute
from broker.web.console.screen import ScreenDep
from broker.web.console.timeline import sample
from broker.web.deps import BrokerDep, CallerDep
from broker.web.language import COOKIE

router = APIRouter(route_class=PageRoute)

YEAR = 31_536_000
ACCOUNT = "/account"

Next = Annotated[str, Query(max_length=2000)]


@router.get("/")
def start(caller: CallerDep, broker: BrokerDep, screen: ScreenDep) -> Response:
    """打开第一个工作台。Open the first desk."""
    desks = desks_for(broker, caller, "/")
    return screen.go(desks[0].desk.path if desks else ACCOUNT)


@router.post("/language")
def choose_language(form: FormDep, screen: ScreenDep) -> Response:
    """切换界面语言。Choose the language of the pages."""
    chosen = form.one("language")
    if chosen not in LANGUAGES:
        raise Invalid("field-choice", pointer="/language", allowed=", ".join(LANGUAGES))
    answer = screen.go(local_path(form.one("next", "/")))
    answer.set_cookie(
        COOKIE, chosen, max_age=YEAR, path="/", httponly=True, samesite="lax",
        secure=screen.broker.settings.secure_cookies,
    )  # fmt: skip
    return answer


@router.get("/keys")
def list_keys(caller: CallerDep, screen: ScreenDep) -> Response:
    """列出键盘快捷键。List the keys."""
    del caller
    return screen.show("pages/keys.html")


@router.get("/components")
def show_components(caller: CallerDep, screen: ScreenDep) -> Response:
    """展示页面构件。Show the parts that pages are made of."""
    del caller
    now = screen.instants.now
    line = sample(now, screen.broker.settings.timezone)
    return screen.show("pages/components.html", soon=now + DAY, timeline_sample=line)


@router.get("/favicon.ico")
def favicon() -> Response:
    """网站图标。Send browsers that ask here to the picture with its hash."""
    found = asset("favicon.svg")
    if not found:
        return Response(status_code=204)
    return Response(status_code=302, headers={"Location": found, "Cache-Control": FOREVER.partition(",")[0]})
