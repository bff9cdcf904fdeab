"""What waits for a center is found among all that is over without looking at it."""

import psycopg
from sqlalchemy import Connection

from broker.bootstrap import Broker
from broker.domain.people.accounts import Role
from broker.services.requests.inbox import hats
from storage.db.requests.inbox import _of_center
from tests.city import City

OVER = 5_000
FILLING = f"""INSERT INTO access_request (id, number, requester_id, department_id, basis, matter, case_number, reason,
        urgent, emergency, state, revision, rulebook, center_id, center_approvals, deciders, asked, terms, remarks,
        submitted_at, since, created_at, stream, version)
    SELECT gen_random_uuid(), 'N' || g, p.id, p.department_id, 'b', 'm', 'c', 'r', false, false,
        CASE g % 500 WHEN 0 THEN 'CENTER_REVIEW' ELSE 'REJECTED' END, 1, 0, c.id, 1, '{{}}', '{{}}', '{{}}', '{{}}',
        now(), now(), now(), 'access_request/' || g, 1
    FROM generate_series(1, {OVER}) g, person p, department c WHERE p.login = 'asker' AND c.code = 'dh-center'"""  # noqa: S608  # a number of ours


def test_what_waits_for_a_center_is_found_by_an_index(broker: Broker, city: City, connection: Connection) -> None:
    with psycopg.connect(broker.database_url) as owner:
        owner.execute("SET session_replication_role = replica")  # no event each
        owner.execute(FILLING)
        owner.execute("ANALYZE access_request")
    center = city.caller(broker, "center.dh")
    for question in _of_center(hats(center, Role.CENTER_APPROVER, broker.clock.now())):
        compiled = question.compile(connection.engine, compile_kwargs={"render_postcompile": True})
        plan = connection.exec_driver_sql(f"EXPLAIN {compiled}", compiled.params).scalars().all()
        assert [line for line in plan if "ix_access_request_at_center" in line], "\n".join(plan)
