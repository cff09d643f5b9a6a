"""A page that was read before is as good as one that's read now, whatever happened in between."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import text

from chassis.batching import complete
from chassis.pipeline import Pipeline, Statement
from chassis.sealing import CannotUnseal
from partner_gateway import commands
from partner_gateway.domain import Query
from partner_gateway.kept_pages import MIB, KeptPages, Page
from partner_gateway.queries import Permits, page_statements

PATH = "/v1/building-permits"
TODAY = date(2026, 11, 25)
PLAN = Query(plan_key="713")
ROWS = 12


@pytest.fixture
def permits(database, settings):
    return Permits(database, settings)


@pytest.fixture
def forgetful(database, settings):
    return Permits(database, replace(settings, kept_pages_mib=0))


@pytest.fixture
def states(project):
    return [project(plan_number="713", issued_on=f"2026-10-{day:02}") for day in range(1, ROWS + 1)]


def read(permits, query=PLAN, *, reader="sec", limit=10, today=TODAY):
    page = permits.page(query, reader=reader, after=None, limit=limit, today=today)
    (task,) = complete([page])
    return task.result()


@pytest.fixture
def reproject(session, settings, event):
    def reproject(state, *, sequence=2, **changes):
        state = {**state, "land": dict(state["land"])}
        for name, value in changes.items():
            (state["land"] if name in state["land"] else state)[name] = value
        commands.project_permit(session, event(state, sequence=sequence), settings)
        session.commit()

    return reproject


def test_a_page_is_read_and_opened_once(permits, states, session):
    first = read(permits)
    session.execute(text("UPDATE building_permit SET document = ''"))
    session.commit()

    assert read(permits) == first  # an empty document could not be opened


def test_what_one_organisation_asked_for_is_no_quicker_for_another(permits, states, session):
    read(permits)
    session.execute(text("UPDATE building_permit SET document = ''"))
    session.commit()

    with pytest.raises(CannotUnseal):
        read(permits, reader="water")


@pytest.mark.parametrize(
    "query",
    [PLAN, Query(issued_from=date(2026, 10, 1), issued_to=date(2026, 11, 1))],
    ids=["plan", "dates"],
)
def test_to_confirm_a_page_no_row_is_visited(database, states, query):
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE building_permit"))
    _, (sql, parameters) = page_statements(query, after=None, limit=10, today=TODAY)
    # As it would be in a large table.
    large = [
        f"SELECT set_config('{name}', 'off', true)" for name in ("enable_seqscan", "enable_sort")
    ]
    together = [*(Statement(one, ()) for one in large), Statement(f"EXPLAIN {sql}", parameters)]

    *_, explained = Pipeline(database).run(together)

    plan = b"".join(explained.get_value(row, 0) for row in range(explained.ntuples))
    assert b"Index Only Scan" in plan


CHANGES = {
    "amended": lambda states, reproject, _: reproject(states[-3], project_description="ملحق"),
    "cancelled": lambda states, reproject, _: reproject(states[-3], status="cancelled"),
    "moved to another plan": lambda states, reproject, _: reproject(states[-3], plan_number="9"),
    "a new one": lambda _, __, project: project(plan_number="713", issued_on="2026-11-01"),
    "one more, of the same day": lambda _, __, project: project(
        plan_number="713", issued_on=f"2026-10-{ROWS}"
    ),
    "the row behind the page": lambda states, reproject, _: reproject(states[1], plan_number="9"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_changed_meanwhile_is_in_the_answer(
    permits, forgetful, states, project, reproject, change
):
    before = read(permits)

    change(states, reproject, project)

    assert read(permits) == read(forgetful) != before


def test_what_expires_overnight_is_in_the_answer(permits, forgetful, states, session):
    session.execute(text("UPDATE building_permit SET expires_on = :day"), {"day": TODAY})
    session.commit()
    tomorrow = TODAY + timedelta(1)

    assert b'"status":"valid"' in read(permits).documents
    assert read(permits, today=tomorrow) == read(forgetful, today=tomorrow)
    assert b'"status":"valid"' not in read(permits, today=tomorrow).documents


def test_a_rebuild_that_writes_the_same_versions_is_in_the_answer(
    permits, forgetful, states, session, settings, event
):
    before = read(permits)
    session.execute(text("TRUNCATE building_permit"))
    for state in states:
        changed = {**state, "project_description": "كما يعاد بناؤه"}
        commands.project_permit(session, event(changed, sequence=1), settings)
    session.commit()

    assert read(permits) == read(forgetful) != before


def test_a_page_of_nothing_replaces_one_that_was_kept(permits, states, session):
    read(permits)
    session.execute(text("TRUNCATE building_permit"))
    session.commit()

    assert read(permits).permit_ids == ()


def test_pages_of_other_sizes_and_filters_are_other_pages(permits, forgetful, states):
    asked = [
        (query, limit)
        for query in (PLAN, Query(plan_key="713", status="valid"), Query(permit_number="1"))
        for limit in (8, 10, 50)
    ]
    for _ in range(2):
        for query, limit in asked:
            assert read(permits, query, limit=limit) == read(forgetful, query, limit=limit)


def test_a_grant_of_fewer_fields_is_served_from_the_same_page(client, employee, grant, states):
    given = grant()
    headers, params = employee(), {"plan_number": "713"}
    whole = client.get(PATH, params=params, headers=headers).json()["items"]
    grant(grant_id=given["grant_id"], sequence=2, fields=["plan_number"])

    narrow = client.get(PATH, params=params, headers=headers).json()["items"]

    assert len(narrow) == len(whole) == ROWS
    assert {"owners", "town"} <= whole[0].keys()
    assert not {"owners", "town"} & narrow[0].keys()
    assert [one["permit_id"] for one in narrow] == [one["permit_id"] for one in whole]


def page_of(size):
    return Page(documents=b"x" * size, permit_ids=(), end=None, validator=b"")


def test_those_that_were_not_asked_for_the_longest_make_room():
    kept = KeptPages(1)
    asked = [Statement("page", (b"%d" % number,)) for number in range(6)]
    for statement in asked[:4]:
        kept.keep("sec", statement, page_of(MIB // 4))
    kept.get("sec", asked[0])

    kept.keep("sec", asked[4], page_of(MIB // 4))
    kept.keep("sec", asked[5], page_of(MIB // 4))

    assert [one for one in asked if kept.get("sec", one)] == [asked[0], *asked[3:]]


def test_a_page_that_is_kept_anew_counts_once():
    kept = KeptPages(1)
    other = Statement("other", ())
    kept.keep("sec", other, page_of(MIB // 2))
    for _ in range(5):
        kept.keep("sec", Statement("page", ()), page_of(MIB // 2))

    assert kept.get("sec", other)


@pytest.mark.parametrize("size", [100, 2 * MIB], ids=["small", "larger than all may be"])
def test_a_page_that_is_not_worth_it_is_not_kept(size):
    kept = KeptPages(1)
    kept.keep("sec", Statement("page", ()), page_of(size))

    assert kept.get("sec", Statement("page", ())) is None
