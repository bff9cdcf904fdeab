"""Which points a viewer may know of, in SQL: one test for single points, lists, counts and tiles.

The same rule in plain Python is `broker.domain.catalog.visibility.may_see`; a test holds the two together.
"""

from sqlalchemy import ARRAY, ColumnElement, Uuid, and_, func, literal, or_, select, true

from broker.domain.catalog.catalog import Visibility
from broker.domain.catalog.visibility import Viewer
from storage.db.tables import camera, department


def seen_by(viewer: Viewer) -> ColumnElement[bool]:
    """Return the test over `camera`; its two sub-queries are over departments only and run once a statement."""
    if viewer.all:
        return true()
    shared = camera.c.visibility == Visibility.SHARED
    if not viewer.departments:
        return shared
    reached = or_(*(department.c.path.startswith(path, autoescape=True) for path in viewer.paths))
    own = camera.c.owner_id.in_(select(department.c.id).where(reached))
    named = select(func.array_agg(department.c.id)).where(department.c.path.in_(sorted(viewer.above)))
    among = camera.c.shown_to.op("&&")(func.coalesce(named.scalar_subquery(), literal([], ARRAY(Uuid))))
    return or_(shared, own, and_(camera.c.visibility == Visibility.LISTED, among))
