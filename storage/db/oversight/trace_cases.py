"""The access request that the thing of a stream belongs to, as the rows of the business say it."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import Connection, FromClause, Select, select

from storage.db.tables import (
    access_grant,
    access_request,
    attachment,
    copy_hold,
    escrow,
    evidence_package,
    request_item,
    retrieval,
)


def _under_grant(of: FromClause) -> Select[tuple[UUID, UUID]]:
    joined = of.join(access_grant, access_grant.c.id == of.c.grant_id)
    return select(of.c.id, access_grant.c.request_id).select_from(joined)


_RETRIEVALS, _PACKAGES = _under_grant(retrieval), _under_grant(evidence_package)
_ITEMS = select(request_item.c.id, request_item.c.request_id)

WHERE_TOLD: Mapping[str, Sequence[Select[tuple[UUID, UUID]]]] = {
    "access_request": (select(access_request.c.id, access_request.c.id.label("request_id")),),
    "request_item": (_ITEMS,),
    "deadline": (_ITEMS,),
    "grant": (select(access_grant.c.id, access_grant.c.request_id),),
    "retrieval": (_RETRIEVALS,),
    "package": (_PACKAGES,),
    "delivery": (_RETRIEVALS, _PACKAGES),
    "attachment": (select(attachment.c.id, attachment.c.request_id),),
    "hold": (select(copy_hold.c.id, copy_hold.c.request_id),),
    "escrow": (select(escrow.c.id, escrow.c.request_id),),
}
"""By thing: where its rows name their request. A stream of any other thing belongs to no single one."""


def cases_of(connection: Connection, streams: Sequence[str]) -> dict[str, UUID]:
    """Return the request that each of these streams belongs to, those of none left out; one question a thing."""
    keys: dict[str, list[UUID]] = {}
    for stream in streams:
        thing, _, name = stream.partition("/")
        key = _key(name)
        if thing in WHERE_TOLD and key is not None:
            keys.setdefault(thing, []).append(key)
    found: dict[str, UUID] = {}
    for thing, wanted in keys.items():
        for told in WHERE_TOLD[thing]:
            rows = connection.execute(told.where(told.selected_columns.id.in_(wanted)))
            found |= {f"{thing}/{row.id}": row.request_id for row in rows}
    return found


def _key(name: str) -> UUID | None:
    try:
        return UUID(name)
    except ValueError:
        return None
