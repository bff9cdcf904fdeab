"""The serials of codes that are free, for many places at once; a place is the 14 digits before the serial."""

from collections.abc import Mapping

from sqlalchemy import Connection, text

from broker.domain.catalog.gb_code import LARGEST_SERIAL


def free_serials(connection: Connection, wanted: Mapping[str, int]) -> dict[str, list[int]]:
    """Return for each place as many free serials as are wanted there, fewer where there are no more.

    Those behind the last one that was ever given come first, gaps are filled only when they are used up. The places
    are held until the transaction ends, each in the same order for everybody, so that nobody else takes the same.
    """
    if not wanted:
        return {}
    connection.execute(_HOLD, {"places": sorted(wanted)})
    found: dict[str, list[int]] = {}
    short: dict[str, tuple[int, int]] = {}
    for place, last in connection.execute(_LAST, {"places": sorted(wanted)}):
        first = max(1, last + 1)
        found[place] = list(range(first, min(first + wanted[place], LARGEST_SERIAL + 1)))
        if len(found[place]) < wanted[place]:
            short[place] = (last, wanted[place] - len(found[place]))
    if short:
        told = {
            "places": list(short), "last": [last for last, _ in short.values()],
            "wanted": [count for _, count in short.values()],
        }  # fmt: skip
        for place, serial in connection.execute(_GAPS, told):
            found[place].append(serial)
    return found


_HOLD = text("""
    SELECT pg_advisory_xact_lock(hashtextextended('gb_code/' || place, 0)) FROM unnest(CAST(:places AS text[])) AS place
""")

_LAST = text("""
    SELECT place, coalesce(CAST(substr((
        SELECT max(gb_code) FROM camera WHERE gb_code BETWEEN place || '000000' AND place || '999999'
    ), 15) AS integer), -1) AS last
    FROM unnest(CAST(:places AS text[])) AS place
""")

_GAPS = text("""
    SELECT told.place, free.serial
    FROM unnest(CAST(:places AS text[]), CAST(:last AS integer[]), CAST(:wanted AS integer[]))
        AS told (place, last, wanted)
    CROSS JOIN LATERAL (
        SELECT serial FROM generate_series(1, told.last - 1) AS serial
        WHERE NOT EXISTS (
            SELECT FROM camera WHERE gb_code = told.place || lpad(CAST(serial AS text), 6, '0')
        )
        ORDER BY serial LIMIT told.wanted
    ) AS free
""")
