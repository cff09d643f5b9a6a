"""How much a page of waiting releases reads of its tables, at 30,000 releases that wait: `make plans`."""

import json

import pytest
from sqlalchemy import event, text

from chassis.data import migrations
from chassis.data.db import Database
from chassis.data.paging import PageRequest
from partner_gateway.queries.releases import WaitingReleases, waiting_releases

LIMIT, SECRET = 50, b"k" * 32
FILL = """
INSERT INTO building_permit (permit_id, building_id, version, permit_number, issued_on, expires_on, status, kind,
    town_key, district_key, owner_keys, document, changed_at)
SELECT md5(n::text)::uuid, md5(n::text)::uuid, 1, n::text, '2026-01-01', '2029-01-01', 'valid', 'new', 't', 'd', '{}',
    'sealed', now() FROM generate_series(1, 60000) n;
INSERT INTO building_release (release_id, version, building_id, state, changed_at, waits_for, waits_since)
SELECT md5('r' || n)::uuid, 1, md5(n::text)::uuid, jsonb_build_object('permit_id', md5(n::text)::uuid), now(),
    CASE WHEN n % 2 = 0 THEN CASE WHEN n % 1000 = 0 THEN 'disconnection' ELSE 'supply' END END,
    CASE WHEN n % 2 = 0 THEN date '2026-01-01' + n % 300 END FROM generate_series(1, 60000) n;
"""


@pytest.fixture(scope="module")
def database(service, postgres_server):
    """60,000 permits with a release each; half of the releases wait for the company."""
    url = postgres_server.copied_database(
        service.package, lambda url: migrations.upgrade(service.package, url)
    )
    database = Database(url)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as loading:
        loading.execute(text("SET statement_timeout = 0"))
        loading.execute(text(FILL))
        loading.execute(text("VACUUM (ANALYZE) building_permit, building_release"))
    yield database
    database.dispose()


def page(session, search, cursor=None):
    asked = PageRequest(limit=LIMIT, cursor=cursor, organisation="sec", secret=SECRET)
    return waiting_releases(session, search, asked)


def rows_read(session, search, cursor):
    """Runs the page's own statement and counts the rows of each table that its plan looked at."""
    sent = []
    connection = session.connection()

    def note(_connection, _cursor, statement, parameters, *_):
        sent.append((statement, parameters))

    event.listen(connection, "before_cursor_execute", note)
    page(session, search, cursor)
    event.remove(connection, "before_cursor_execute", note)
    explained = f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sent[0][0]}"
    plan = connection.exec_driver_sql(explained, sent[0][1]).scalar_one()[0]["Plan"]
    return sum(
        (one.get("Actual Rows", 0) + one.get("Rows Removed by Filter", 0)) * one["Actual Loops"]
        for one in nodes(json.loads(json.dumps(plan)))
        if "Relation Name" in one
    )


def nodes(plan):
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


@pytest.mark.parametrize("waits_for", [None, "supply", "disconnection", "reconnection"])
def test_a_page_reads_little_more_than_it_shows(database, waits_for):
    search = WaitingReleases(waits_for=waits_for)
    with database.transaction() as session:
        following = page(session, search).next_cursor

        for cursor in (None, following):
            assert rows_read(session, search, cursor) <= 4 * (LIMIT + 1), (waits_for, cursor)
