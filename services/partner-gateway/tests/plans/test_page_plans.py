"""How much of its tables each SELECT of a page reads, at 200,000 permits: `make plans`.

PostgreSQL plans these statements once for all parameters, so it guesses how much a parameter selects. A wrong guess
shows in no other test: the answer is right, and a hundred times slower on a large table than on a small one. So each
statement that the gateway can compile runs here with the settings of the service's own connections, and what its plan
really read is counted.
"""

import itertools
import json
import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta

import psycopg
import pytest

from chassis.data import migrations
from chassis.data.db import Database
from partner_gateway.domain.permit_queries import Query
from partner_gateway.queries.permits import Position, page_statement

PERMITS, DAYS, LIMIT = 200_000, 3_650, 50
PAGE = LIMIT + 1  # one row more tells whether there's a next page
TODAY = date(2026, 11, 29)
FIRST_DAY = TODAY - timedelta(DAYS - 1)
# Value → how many permits lie between two that have the value; permits are numbered in the order of time.
PLANS = {"common": 40, "usual": 2_000, "rare": PERMITS}
OWNERS = {"common": 100, "usual": 2_857, "rare": PERMITS}
NUMBERS_REPEAT = 3  # a permit number may stand in several municipalities
KINDS = ("new", "addition", "demolition")  # the last one: of no permit


@dataclass(frozen=True)
class Selection:
    """Filters that select, and how many permits they select."""

    name: str
    permits: int
    filters: dict = field(hash=False)


def permits_with(every):
    return len(range(0, PERMITS, every))


def days(name, count, until=TODAY):
    """Selects the permits of the last `count` days, the day `until` among them."""
    first, after = until - timedelta(count - 1), until + timedelta(1)
    return Selection(name, PERMITS * count // DAYS, {"issued_from": first, "issued_to": after})


RANGES = [days("a day", 1), days("three months", 92), days("ten years", DAYS)]
OPEN_RANGE = Selection("from a day on", PERMITS, {"issued_from": FIRST_DAY, "issued_to": None})
BY_PLAN = [
    Selection(f"a {name} plan", permits_with(every), {"plan_key": f"plan-{name}"})
    for name, every in PLANS.items()
]
BY_OWNER = [
    Selection(f"a {name} owner", permits_with(every), {"civil_id_keys": (f"v1:{name}", "v0:x")})
    for name, every in OWNERS.items()
] + [Selection("nobody", 0, {"civil_id_keys": ("v1:nobody",)})]
BY_NUMBER = Selection("a permit number", NUMBERS_REPEAT, {"permit_number": "7"})
BY_REQUEST = Selection("a request number", 1, {"request_key": "request-7"})
BY_ID = Selection("a permit's id", 1, {"permit_id": str(uuid.UUID(int=7))})
ALONE = [*RANGES, OPEN_RANGE, *BY_PLAN, *BY_OWNER, BY_NUMBER, BY_REQUEST, BY_ID]
TOGETHER = [
    chosen
    for one_range in (RANGES[1:2], RANGES[2:], [OPEN_RANGE], [])
    for size in range(5)
    for others in itertools.combinations((BY_PLAN[0], BY_OWNER[0], BY_NUMBER, BY_REQUEST), size)
    if len(chosen := (*one_range, *others)) > 1
]
NARROWING = [{}, {"kind": "new"}, {"kind": "demolition"}, {"status": "expired", "town_key": "town"}]
# The first page, and pages that begin a month, five years and nearly ten years before today.
AFTER = [
    None,
    *(Position(TODAY - timedelta(years * 365), str(uuid.UUID(int=0))) for years in (0.1, 5, 9.5)),
]


@pytest.fixture(scope="module")
def connection(service, postgres_server):
    """A connection as the service opens them for its pages, to 200,000 permits."""
    url = postgres_server.copied_database(
        service.package, lambda url: migrations.upgrade(service.package, url)
    )
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as loading:
        fill(loading)
    database = Database(url)
    with database.autocommit() as connection:
        yield connection
    database.dispose()


def fill(connection):
    permits = (
        "COPY building_permit (permit_id, building_id, version, permit_number, request_key, issued_on, expires_on,"
        " status, kind, plan_key, town_key, district_key, owner_keys, document, changed_at) FROM STDIN"
    )
    facts = "COPY building_facts (building_id, document) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(permits) as copy:
        for number in range(PERMITS):
            copy.write_row(permit(number))
    with connection.cursor() as cursor, cursor.copy(facts) as copy:
        for number in range(PERMITS):
            copy.write_row((uuid.UUID(int=number), '"release":null,'))
    connection.execute("VACUUM (ANALYZE) building_permit, building_facts")


def permit(number):
    day = FIRST_DAY + timedelta(number * DAYS // PERMITS)
    return (
        uuid.UUID(int=number), uuid.UUID(int=number), 1, str(number // NUMBERS_REPEAT + 5), f"request-{number}",
        day, day + timedelta(3 * 365), "valid", KINDS[number % 2], f"plan-{value(PLANS, number)}",
        "town", "district", [f"v1:{value(OWNERS, number)}"], b"sealed", day,
    )  # fmt: skip


def value(shares, number):
    """Returns the rarest value that falls to the permit; most permits have one of 20,000 other values."""
    found = [name for name, every in shares.items() if number % every == 0]
    return found[-1] if found else f"other-{number % 20_000}"


def page_plan(connection, query, after):
    """Runs the SELECT of a page and returns its plan, with what the plan really read."""
    sql, parameters = page_statement(query, after=after, limit=LIMIT, today=TODAY)
    values = ", ".join(
        "NULL" if one is None else psycopg.sql.quote(one.decode()) for one in parameters
    )
    connection.execute(f"PREPARE page AS {sql}")
    explained = connection.execute(
        f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) EXECUTE page ({values})"
    ).fetchone()
    connection.execute("DEALLOCATE page")
    return explained[0][0]["Plan"]


def nodes(plan):
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


def rows_read(plan):
    """Counts the rows of each table that the plan looked at, also those that a filter threw away."""
    read = Counter()
    for node in nodes(plan):
        if "Relation Name" in node:
            seen = sum(
                node.get(name, 0)
                for name in (
                    "Actual Rows",
                    "Rows Removed by Filter",
                    "Rows Removed by Index Recheck",
                )
            )
            read[node["Relation Name"]] += round(seen * node["Actual Loops"])
    return read


def check_page(connection, chosen, narrowing, after):
    """Fails when the page reads more than it may of a table."""
    filters = {name: asked for one in chosen for name, asked in one.filters.items()}
    plan = page_plan(connection, Query(**filters, **narrowing), after)
    read, selected = rows_read(plan), min(one.permits for one in chosen)
    asked = (*(one.name for one in chosen), narrowing, after)

    assert read["building_facts"] <= PAGE, asked
    if narrowing:
        assert read["building_permit"] <= selected, asked
    elif "civil_id_keys" in filters:
        assert read["building_permit"] <= selected + PAGE, asked
    else:
        assert read["building_permit"] <= 200, asked
        assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] <= 500, asked


@pytest.mark.parametrize("narrowing", NARROWING, ids=str)
@pytest.mark.parametrize("selection", ALONE, ids=lambda one: one.name)
def test_a_page_reads_little_more_than_it_shows(connection, selection, narrowing):
    for after in AFTER:
        check_page(connection, [selection], narrowing, after)


@pytest.mark.parametrize("narrowing", NARROWING[:3], ids=str)
def test_selections_together_read_no_more_than_the_smallest_of_them(connection, narrowing):
    for chosen in TOGETHER:
        for after in AFTER:
            check_page(connection, chosen, narrowing, after)


def test_the_plans_are_those_of_the_service(connection):
    """A plan for one set of parameters would know how rare they are, which the service's plans don't."""
    plan = page_plan(connection, Query(civil_id_keys=("v1:rare",)), None)

    assert "$2" in json.dumps(plan)
    assert "v1:rare" not in json.dumps(plan)


def test_each_statement_is_looked_at():
    """Every combination of filters that a request can ask for, with and without narrowing and a cursor."""
    single = {name for one in (*ALONE,) for name in one.filters} - {"permit_id"}
    looked_at = {
        frozenset(name for one in chosen for name, asked in one.filters.items() if asked)
        for chosen in [*TOGETHER, *([one] for one in ALONE)]
    }
    can_be_asked = {
        frozenset(chosen)
        for size in range(1, len(single) + 1)
        for chosen in itertools.combinations(single, size)
        if "issued_to" not in chosen or "issued_from" in chosen
    } | {frozenset({"permit_id"})}

    assert looked_at == can_be_asked
