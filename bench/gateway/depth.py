"""A page far inside a long range of dates, beside the first one: through a cursor as the service issues it."""

from datetime import date, timedelta
from statistics import median
from typing import Any
from urllib.parse import urlencode

import psycopg

from bench.gateway import permits
from bench.gateway.queries import PATH, Measured
from bench.gateway.running import ORGANISATION, Gateway
from chassis.data.paging import issue_cursor
from devstack.machine import say
from partner_gateway.domain import permit_queries
from partner_gateway.queries.permits import Position

DEPTH = 900_000
_ORDERED = (
    "SELECT issued_on, permit_id::text FROM building_permit WHERE issued_on >= %s AND issued_on < %s"
    " ORDER BY issued_on DESC, permit_id DESC OFFSET %s LIMIT 2"
)


def measure(gateway: Gateway, rows: int, seconds: float, rounds: int) -> dict[str, Any]:
    """`ratio`: the median time of the deep page ÷ that of the first, one request at a time."""
    depth = min(DEPTH, rows * 9 // 10)
    end = permits.last_day() + timedelta(1)
    start = end - timedelta(permits.YEARS * 365 + 1)
    with psycopg.connect(gateway.database) as connection:
        at, following = connection.execute(_ORDERED, [start, end, depth - 1]).fetchall()
    asked = {"issued_from": str(start), "issued_to": str(end), "limit": "50"}
    first = Measured("first_page", "GET", PATH, ["?" + urlencode(asked)], {})
    asked["cursor"] = _cursor(gateway, start, end, Position(at[0], at[1]))
    deep = Measured("deep_page", "GET", PATH, ["?" + urlencode(asked)], {})
    token = gateway.token()
    gateway.ask(first, first.requests[0], token)
    if gateway.ask(deep, deep.requests[0], token)["items"][0]["permit_id"] != following[1]:
        raise SystemExit(f"the page at depth {depth} doesn't begin with permit {following[1]}")
    times: dict[str, list[float]] = {first.name: [], deep.name: []}
    for _ in range(rounds):
        for one in (first, deep):
            run = gateway.run(one, max(2, seconds / 3), connections=1, threads=1)
            times[one.name].append(run.p50_ms)
    figures = {
        "ratio": round(median(times[deep.name]) / median(times[first.name]), 3),
        "depth": depth,
        "first_ms": median(times[first.name]),
        "deep_ms": median(times[deep.name]),
    }
    say(f"  depth: {figures}")
    return figures


def _cursor(gateway: Gateway, start: date, end: date, position: Position) -> str:
    query = permit_queries.build_query(today=permits.last_day(), issued_from=start, issued_to=end)
    bound = [ORGANISATION, query.filters()]
    return issue_cursor(gateway.stored.settings.cursor_secret, str(position), bound)
