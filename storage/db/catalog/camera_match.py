"""Which camera each draft of a piece means: by its code, else by its owner and key, else by the key of its place.

A draft whose keys point at two cameras, or at another owner's, or at a camera that an earlier row means, stays outside;
so does a new point that lacks what its class must have.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import (
    Connection,
    and_,
    case,
    exists,
    func,
    literal_column,
    or_,
    select,
    text,
    update,
)

from broker.domain.catalog.catalog import RowProblem, Severity
from broker.domain.ids import DepartmentId
from storage.db.catalog.camera_staging import draft, meant
from storage.db.tables import camera

FAULT_FIELDS = {"point-code-foreign": "gb_code", "point-key-taken": "external_key", "point-same-camera": "",
                "point-lacking": "point_class", "point-custom-lacking": "custom"}  # fmt: skip
"""Why a draft stays outside, and the field that a report names for it."""

_PLACED = "place-sha256:%"


_REFUSE_LACKING = text("""
    UPDATE camera_draft d SET fault = 'point-lacking', told = lacking.keys
    FROM (
        SELECT position, (
            SELECT string_agg(key, ', ') FROM unnest(CAST(:keys AS text[])) AS key WHERE NOT held ? key
        ) AS keys
        FROM (
            SELECT draft.position, coalesce(c.record, '{}'::jsonb) || draft.record AS held
            FROM camera_draft draft LEFT JOIN camera c ON c.id = draft.camera_id
            WHERE draft.fault IS NULL AND draft.point_class = :point_class
              AND c.point_class IS DISTINCT FROM draft.point_class
        ) AS known
        WHERE NOT held ?& CAST(:keys AS text[])
    ) AS lacking
    WHERE lacking.position = d.position
""")


_REFUSE_LACKING_OWN = text("""
    UPDATE camera_draft SET fault = 'point-custom-lacking', told = (
        SELECT string_agg('custom.' || key, ', ') FROM unnest(CAST(:keys AS text[])) AS key WHERE NOT custom ? key
    )
    WHERE fault IS NULL AND camera_id IS NULL AND NOT custom ?& CAST(:keys AS text[])
""")


def knows_places(connection: Connection, owner_id: DepartmentId) -> bool:
    """Say whether the owner has cameras without a code that are known by their place alone."""
    mine = and_(camera.c.owner_id == owner_id, camera.c.external_key.like(_PLACED), camera.c.gb_code.is_(None))
    return bool(connection.execute(select(exists().where(mine))).scalar_one())


def match(connection: Connection, owner_id: DepartmentId, *, placed: bool) -> None:
    """Write into each draft the camera it means, or why it stays outside."""
    if placed:
        _leave_places(connection)
    coded, keyed, by_place = camera.alias("coded"), camera.alias("keyed"), camera.alias("placed")
    foreign = coded.c.owner_id != owner_id
    elsewhere = or_(coded.c.id != keyed.c.id, and_(coded.c.id.is_(None), draft.c.gb_code != keyed.c.gb_code))
    camera_id = func.coalesce(coded.c.id, keyed.c.id, by_place.c.id)
    at_place = and_(
        by_place.c.owner_id == owner_id, by_place.c.external_key == draft.c.place, by_place.c.gb_code.is_(None)
    )
    found = (
        select(
            draft.c.position,
            camera_id.label("camera_id"),
            case((foreign, "point-code-foreign"), (elsewhere, "point-key-taken")).label("fault"),
            case((foreign, ""), (elsewhere, func.coalesce(keyed.c.gb_code, keyed.c.name))).label("told"),
        )
        .select_from(draft)
        .outerjoin(coded, coded.c.gb_code == draft.c.gb_code)
        .outerjoin(keyed, and_(keyed.c.owner_id == owner_id, keyed.c.external_key == draft.c.external_key))
        .outerjoin(by_place, at_place if placed else literal_column("false"))
        .where(camera_id.is_not(None))
        .subquery()
    )
    connection.execute(
        update(draft)
        .where(draft.c.position == found.c.position)
        .values(camera_id=found.c.camera_id, fault=found.c.fault, told=found.c.told)
    )
    _match_once(connection)


def _leave_places(connection: Connection) -> None:
    """Let only the first coded draft of a place take over the uncoded camera there, and none whose own row comes."""
    other = draft.alias("other")
    earlier = and_(other.c.place == draft.c.place, other.c.position < draft.c.position)
    taken = exists().where(or_(other.c.external_key == draft.c.place, earlier))
    connection.execute(update(draft).where(draft.c.place.is_not(None), taken).values(place=None))


def _match_once(connection: Connection) -> None:
    """Refuse every draft that means a camera which an earlier draft means, by another of its keys."""
    before = update(draft).where(draft.c.camera_id == meant.c.camera_id, draft.c.fault.is_(None))
    connection.execute(before.values(fault="point-same-camera", told=meant.c.row_name))
    turns = (
        select(
            draft.c.position,
            func.first_value(draft.c.row_name)
            .over(partition_by=draft.c.camera_id, order_by=draft.c.position)
            .label("first"),
            func.row_number().over(partition_by=draft.c.camera_id, order_by=draft.c.position).label("turn"),
        )
        .where(draft.c.camera_id.is_not(None), draft.c.fault.is_(None))
        .subquery()
    )
    connection.execute(
        update(draft)
        .where(draft.c.position == turns.c.position, turns.c.turn > 1)
        .values(fault="point-same-camera", told=turns.c.first)
    )


def refuse_lacking(connection: Connection, mandatory: Mapping[int, Sequence[str]], own: Sequence[str]) -> None:
    """Refuse a new point, or one that is put into another class, without what its class must have by now.

    `own` are the fields that the city itself made mandatory, for each new point.
    """
    for point_class, keys in mandatory.items():
        connection.execute(_REFUSE_LACKING, {"point_class": point_class, "keys": list(keys)})
    if own:
        connection.execute(_REFUSE_LACKING_OWN, {"keys": list(own)})


def conflicts(connection: Connection) -> list[tuple[int, RowProblem]]:
    """Return what of the piece stays outside, each with the number of its row."""
    key = case((draft.c.fault == "point-key-taken", draft.c.external_key), else_=draft.c.gb_code)
    value = func.coalesce(key, draft.c.external_key)
    found = select(draft.c.number, draft.c.row_name, draft.c.fault, value, draft.c.told)
    rows = connection.execute(found.where(draft.c.fault.is_not(None)).order_by(draft.c.position))
    return [
        (number, RowProblem(where, FAULT_FIELDS[fault], fault, value, told or "", Severity.QUARANTINED))
        for number, where, fault, value, told in rows
    ]
