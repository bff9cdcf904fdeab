"""Adapters: the families of sources that can be added, and which options they want."""

from typing import Annotated, Any, Self

from fastapi import APIRouter, Path

from adapters.base import Capability
from adapters.described import Described
from broker.web.deps import BrokerDep, CallerDep
from broker.web.routes import OnceRoute
from broker.web.values import CODE, Out

router = APIRouter(prefix="/adapters", tags=["sources"], route_class=OnceRoute)


class AdaptersOut(Out):
    """The names of the installed adapters."""

    items: list[str]


class AdapterOut(Out):
    """An adapter: what it can do, the JSON Schema (2020-12) of its options, and which of them are never told again."""

    name: str
    about: str
    capabilities: list[Capability]
    secrets: list[str]
    json_schema: dict[str, Any]

    @classmethod
    def of(cls, adapter: Described) -> Self:
        return cls(
            name=adapter.name, about=adapter.about, capabilities=sorted(adapter.capabilities),
            secrets=sorted(adapter.secrets), json_schema=dict(adapter.schema),
        )  # fmt: skip


@router.get("")
def list_adapters(caller: CallerDep, broker: BrokerDep) -> AdaptersOut:
    """列出已安装的适配器。List the installed adapters."""
    return AdaptersOut(items=list(broker.sources.adapters(caller)))


@router.get("/{name}/schema")
def read_adapter(name: Annotated[str, Path(pattern=CODE)], caller: CallerDep, broker: BrokerDep) -> AdapterOut:
    """读取适配器的选项格式。Read the JSON Schema of an adapter's options."""
    return AdapterOut.of(broker.sources.adapter(caller, name))
