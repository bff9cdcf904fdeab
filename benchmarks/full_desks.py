"""Two years of a province's requests: 100,000 of them, most long over, two in a hundred waiting for somebody's word.

They are written by a few statements beside the points of `million.py`, with a center for the province and one for each
county, and people at the desks that are measured. Every third request is one county's: its center and its owners have
the fullest inboxes.
"""

import sys
import time

import psycopg

from benchmarks.million import PASSWORD
from broker.bootstrap import Broker, operator
from broker.domain.people.accounts import Department, DepartmentKind
from broker.services.people.accounts import NewDepartment, NewPerson

REQUESTS = 100_000
ASKERS = 60
COUNTY = "c330102"

PLACES = """CREATE TEMPORARY TABLE place AS SELECT row_number() OVER (ORDER BY NOT o.busy, o.owner_id) - 1 AS n, o.*
    FROM (SELECT d.id AS owner_id, z.id AS center_id, z.code = 'z-{busy}' AS busy,
              (SELECT c.id FROM camera c WHERE c.owner_id = d.id LIMIT 1) AS one,
              (SELECT c.id FROM camera c WHERE c.owner_id = d.id ORDER BY c.id DESC LIMIT 1) AS other
          FROM department d JOIN department z ON z.parent_id = d.parent_id AND z.kind = 'center'
          WHERE d.kind = 'department') o WHERE o.one IS NOT NULL"""

ASKED = """CREATE TEMPORARY TABLE asked AS
    SELECT g, gen_random_uuid() AS request, gen_random_uuid() AS item, gen_random_uuid() AS grant_id,
        now() - (g * 730.0 / {n}) * interval '1 day' AS at, o.owner_id AS owner, o.center_id AS center, o.one, o.other,
        p.id AS person, p.department_id AS home, now() + (1 + g % 96) * interval '1 hour' AS due,
        CASE WHEN dice < 7 THEN 'CENTER_REVIEW' WHEN dice < 18 THEN 'DEPARTMENT_REVIEW' WHEN dice < 20 THEN 'RETURNED'
             WHEN dice < 21 THEN 'EMERGENCY' WHEN dice < 60 THEN 'DRAFT' WHEN dice < 120 THEN 'REJECTED'
             WHEN dice < 150 THEN 'WITHDRAWN' WHEN dice < 180 THEN 'LAPSED' WHEN dice < 230 THEN 'DECIDED'
             ELSE 'CLOSED' END AS state
    FROM (SELECT g, abs(hashint4(g)) % 1000 AS dice, abs(hashint4(g + 1000000)) AS throw
          FROM generate_series(1, {n}) g) thrown
    JOIN place o ON o.n = CASE WHEN g % 3 = 0 THEN throw % 3 ELSE throw % (SELECT count(*) FROM place) END
    JOIN (SELECT row_number() OVER (ORDER BY id) - 1 AS n, id, department_id FROM person WHERE login LIKE 'asker-%') p
        ON p.n = throw % {askers}"""

FILLING = (
    PLACES,
    ASKED,
    """INSERT INTO access_request (id, number, requester_id, department_id, basis, matter, case_number, reason, urgent,
            emergency, state, revision, rulebook, center_id, center_approvals, approver_id, deciders, asked, terms,
            approved_terms, remarks, submitted_at, since, due, created_at, stream, version)
        SELECT request, 'B' || g, person, home, 'administrative', 'environment', 'c' || g, '夜间倾倒渣土',
            g % 40 = 0, state = 'EMERGENCY', state, 1, 0, CASE WHEN state = 'DRAFT' THEN NULL ELSE center END, 1,
            CASE WHEN state IN ('DEPARTMENT_REVIEW', 'DECIDED', 'CLOSED') THEN '{approver}'::uuid END,
            CASE WHEN state IN ('DEPARTMENT_REVIEW', 'DECIDED', 'CLOSED') THEN ARRAY['{approver}'::uuid]
                 ELSE '{{}}' END,
            '{{}}', '{{}}', '{{}}', '{{}}', CASE WHEN state <> 'DRAFT' THEN at END, at,
            CASE WHEN state IN ('CENTER_REVIEW', 'EMERGENCY') THEN due END, at, 'access_request/' || request, 2
        FROM asked""",
    """INSERT INTO request_item (id, request_id, department_id, revision, state, route, authorizations, due, deciders,
            authorizer_id, decided_at, stream, version)
        SELECT item, request, owner, 1,
            CASE WHEN state IN ('DECIDED', 'CLOSED') THEN 'AUTHORIZED' WHEN state IN ('CENTER_REVIEW',
                'DEPARTMENT_REVIEW') THEN 'PENDING' WHEN state = 'EMERGENCY' THEN 'PROVISIONAL' ELSE 'VOID' END,
            'usual', 1, CASE WHEN state = 'DEPARTMENT_REVIEW' THEN due END,
            CASE WHEN state IN ('DECIDED', 'CLOSED') THEN ARRAY['{approver}'::uuid] ELSE '{{}}' END,
            CASE WHEN state IN ('DECIDED', 'CLOSED') THEN '{approver}'::uuid END, at, 'request_item/' || item, 1
        FROM asked WHERE state <> 'DRAFT'""",
    """INSERT INTO request_line (id, item_id, position, camera_id, asked_begin, asked_end)
        SELECT gen_random_uuid(), item, n, CASE n WHEN 1 THEN one ELSE other END, at, at + interval '1 hour'
        FROM asked, generate_series(1, 2) n WHERE state <> 'DRAFT'""",
    """INSERT INTO request_person (request_id, person_id) SELECT request, person FROM asked WHERE g % 3 = 0""",
    """INSERT INTO access_grant (id, item_id, request_id, department_id, terms, valid_from, valid_until, state,
            quota_snapshots, quota_seconds, quota_bytes, used_snapshots, used_seconds, used_bytes, emergency, stream,
            version)
        SELECT grant_id, item, request, owner, '{{}}', at,
            CASE WHEN state = 'DECIDED' AND g % 10 > 0 THEN now() + interval '3 days'
                 ELSE at + interval '1 minute' END,
            CASE WHEN state = 'CLOSED' THEN 'REVOKED' ELSE 'ISSUED' END, 9, 9, 9, 0, 0, 0, false,
            'grant/' || grant_id, 1
        FROM asked WHERE state IN ('DECIDED', 'CLOSED')""",
    """INSERT INTO grant_person (grant_id, person_id)
        SELECT grant_id, person FROM asked WHERE state IN ('DECIDED', 'CLOSED')""",
)


def fill(broker: Broker, requests: int = REQUESTS) -> dict[str, str]:
    """Write the requests; returns who sits at which desk: login -> what for."""
    me = operator("benchmark")
    known = {it.code: it for it in broker.accounts.departments(me, after="", limit=1000)}
    for code in [code for code in known if code == "p" or code.startswith("c")]:
        new = NewDepartment(f"z-{code}", f"{code}综治中心", DepartmentKind.CENTER, known[code].division, code)
        broker.accounts.add_department(me, new)
    owner = next(it for it in known.values() if it.parent_id == known[COUNTY].id)
    desks = {
        "center-p": ("center_approver", "z-p", "the province's center"),
        "center-c": ("center_approver", f"z-{COUNTY}", "a county's center"),
        "owner-c": ("department_authorizer", owner.code, "an owner"),
    }
    for login, (role, home, _) in desks.items():
        _add(broker, login, role, home)
    offices: list[Department] = [it for it in known.values() if it.kind is DepartmentKind.DEPARTMENT]
    for number in range(ASKERS):
        _add(broker, f"asker-{number:02}", "requester", offices[number % len(offices)].code)
    begun = time.perf_counter()
    with psycopg.connect(broker.database_url) as connection:
        row = connection.execute("SELECT id FROM person WHERE login = 'auditor'").fetchone()
        assert row is not None
        # As with the points: what fills a benchmark needs no event each.
        connection.execute("SET session_replication_role = replica")
        for statement in FILLING:
            connection.execute(statement.format(n=requests, askers=ASKERS, busy=COUNTY, approver=row[0]).encode())
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")
    print(f"# {requests} requests in {time.perf_counter() - begun:.0f} s", file=sys.stderr)
    return {**{login: what for login, (_, _, what) in desks.items()}, "asker-00": "a requester"}


def _add(broker: Broker, login: str, role: str, home: str) -> None:
    broker.accounts.add_person(operator("benchmark"), NewPerson(login, login, home, PASSWORD, ((role, home),)))
