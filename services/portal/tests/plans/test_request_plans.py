"""How much of the portal's tables the statements of a request read, at 200,000 things and as many sessions and forms:
`make plans`.

The driver prepares what it sends often, and PostgreSQL may then keep one plan for all parameters. So each statement
runs with such a plan too, and what its plan really read is counted.
"""

import json
import re
from datetime import UTC, datetime
from unittest.mock import patch

import psycopg
import pytest
from inquiring import RING, TODAY, driver_of, event
from sqlalchemy import text

from chassis.data import migrations
from chassis.data.db import Database
from chassis.data.sealed import _KEYS as KEYS
from chassis.data.sealed import Keys
from chassis.data.sealing import Keyring
from portal.commands import public_forms, report_drafts, sessions
from portal.commands.inquiry_things import keep_things
from portal.commands.report_drafts import Browser
from portal.consumers import thing_event_of
from portal.domain.areas import DESK
from portal.domain.inquiry_form import KINDS, Proof, Question
from portal.queries import answer_question, saved_form

ROWS, MOST_ROWS, MOST_BLOCKS = 200_000, 10, 60
FILL = f"""
INSERT INTO inquiry_thing SELECT 'thing-' || n, 1, CASE WHEN n % 4 = 0 THEN 'shop_licence' ELSE 'transaction' END,
    'safwa', CASE WHEN n % 4 = 0 THEN n::text END,
    CASE WHEN n % 4 = 0 THEN '{{}}' ELSE ARRAY['1:' || md5(n::text)] END, '{{}}', '[]', now(), now()
    FROM generate_series(1, {ROWS}) n;
INSERT INTO web_session SELECT 'session-' || n, 'desk', 'person', '', now(), now() FROM generate_series(1, {ROWS}) n;
INSERT INTO saved_form SELECT 'form-' || n, 'session-' || n, '/desk/search', '', now()
    FROM generate_series(1, {ROWS}) n;
INSERT INTO pending_sign_in SELECT 'state-' || n, 'browser', 'desk', '', now() FROM generate_series(1, {ROWS}) n;
INSERT INTO report_draft SELECT 'browser-' || n, '', now() FROM generate_series(1, {ROWS}) n;
INSERT INTO public_form SELECT 'form-' || n, '', now() FROM generate_series(1, {ROWS}) n;
"""
TABLES = "inquiry_thing, web_session, saved_form, pending_sign_in, report_draft, public_form"
NOW = datetime.now(UTC)
OLD_AND_NEW = Keyring({1: b"1" * 32, 2: b"2" * 32}, 2)


def ask(kind, number, *, municipality=None, ring=RING):
    proof = None if KINDS[kind].is_public else Proof("mobile", "+966500000001")
    question = Question(KINDS[kind], number, municipality, proof)
    return lambda session: answer_question(driver_of(session), question, ring, today=TODAY)


REQUESTS = {
    "an inquiry": ask("transaction", "1448"),
    "an inquiry under two keys": ask("transaction", "1448", ring=OLD_AND_NEW),
    "an inquiry at a branch": ask("building_permit", "1448", municipality="safwa"),
    "an inquiry at a register": ask("shop_licence", "999999"),
    "a page of an area": lambda session: sessions.resume(session, DESK, "secret", NOW),
    "a list": lambda session: sessions.note_search(session, "nobody", "/desk/reports"),
    "the end of a session": lambda session: sessions.end(session, "session-7"),
    "a saved form": lambda session: saved_form(session, "session-7", "nothing", "/desk/search"),
    "a step without a session": lambda session: public_forms.open_form(session, "b", "n", NOW),
    "a step that is kept": lambda session: public_forms.keep_form(session, "b", "n", {}, NOW),
    "a step that is forgotten": lambda session: public_forms.forget_form(session, "b", "n"),
    "a draft": lambda session: report_drafts.open_draft(session, Browser("browser"), NOW),
    "a draft that is discarded": lambda session: report_drafts.discard_draft(
        session, Browser("browser")
    ),
    "an event of a thing": lambda session: keep_things(
        session, [thing_event_of(event("transaction", "1448", thing="thing-7"), NOW)]
    ),
}


@pytest.fixture(scope="module")
def database(service, postgres_server):
    url = postgres_server.copied_database(
        service.package, lambda url: migrations.upgrade(service.package, url)
    )
    database = Database(url)
    keys = Keys({"sealing_key": Keyring({1: b"s" * 32}, 1)})
    setattr(database.engine.dialect, KEYS, keys)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as loading:
        loading.execute(text("SET statement_timeout = 0"))
        loading.execute(text(FILL))
        loading.execute(text(f"VACUUM (ANALYZE) {TABLES}"))
    yield database
    database.dispose()


def sent_by(session, act):
    """Returns the statements that an act sends, with their parameters."""
    sent, execute = [], psycopg.Cursor.execute

    def note(cursor, statement, parameters=None, **options):
        plain = statement.decode() if isinstance(statement, bytes) else statement
        sent.append((plain, parameters))
        return execute(cursor, statement, parameters, **options)

    with patch.object(psycopg.Cursor, "execute", note):
        act(session)
        session.flush()
    return sent


def plan_of(session, statement, parameters, mode):
    """Runs a statement as one that was prepared, and returns its plan with what it really read."""
    cursor = driver_of(session).cursor()
    names = list(dict.fromkeys(re.findall(r"%\((\w+)\)s", statement)))
    prepared = re.sub(r"%\((\w+)\)s", lambda found: f"${names.index(found[1]) + 1}", statement)
    values = ", ".join(psycopg.sql.Literal(parameters[name]).as_string(cursor) for name in names)
    cursor.execute(f"SET LOCAL plan_cache_mode = {mode}")
    cursor.execute(f"PREPARE one AS {prepared}")
    cursor.execute(
        f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) EXECUTE one{f'({values})' if names else ''}"
    )
    (plan,) = cursor.fetchone()
    cursor.execute("DEALLOCATE one")
    return plan[0]["Plan"]


def nodes(plan):
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


def rows_read(plan):
    names = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck")
    return sum(
        sum(node.get(name, 0) for name in names) * node["Actual Loops"]
        for node in nodes(plan)
        if "Relation Name" in node
    )


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
@pytest.mark.parametrize("request_name", REQUESTS)
def test_a_request_reads_a_few_rows_and_scans_no_table(database, request_name, mode):
    with database._session() as session:
        sent = sent_by(session, REQUESTS[request_name])
        session.rollback()

        assert sent
        for statement, parameters in sent:
            plan = plan_of(session, statement, parameters, mode)
            said = json.dumps([node["Node Type"] for node in nodes(plan)])
            assert "Seq Scan" not in said, statement
            assert rows_read(plan) <= MOST_ROWS, statement
            assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] <= MOST_BLOCKS, statement
        session.rollback()
