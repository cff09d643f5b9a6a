"""The queries that are measured: the requests, and the same parameters for pgbench."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from bench.gateway import permits

PATH, SEARCHES = "/v1/building-permits", "/v1/building-permit-searches"
CASE = {"purpose": "meter-connection", "case_reference": "SEC-2026-004417"}
REQUESTS = 20_000  # different ones, at the most


@dataclass(frozen=True)
class Measured:
    """A query.

    `requests`: what a request line of load.lua is made of. `example`: one of them, and which texts of it are the
    parameters that vary: name → text. `sets`: pgbench's `\\set` lines for these names; without them each connection
    of pgbench has one of `values`, because pgbench's variables can only compute numbers.
    """

    name: str
    method: str
    path: str
    requests: Sequence[str]
    example: Mapping[str, str]
    sets: Sequence[str] = ()
    values: Sequence[Mapping[str, str]] = ()
    rows: int = 50


def by_plan(plans: range, name: str = "plan_number") -> Measured:
    """Pages by plan number, each plan as often as another."""
    return Measured(
        name, "GET", PATH,
        requests=[_get(plan_number=str(plan)) for plan in plans],
        example={"plan": str(plans[0])},
        sets=[rf"\set plan random({plans[0]}, {plans[-1]})"],
    )  # fmt: skip


def by_issue_date() -> Measured:
    """Pages by a range of a month, over nine years. PostgreSQL reads 20240229 as a date, and pgbench can compute it."""
    first, months = permits.last_day().year - 9, 9 * 12
    ranges = [_month(first, month, day) for month in range(months) for day in range(1, 29)]
    return Measured(
        "issued_range", "GET", PATH,
        requests=[_get(issued_from=str(start), issued_to=str(end)) for start, end in ranges],
        example={"from": str(ranges[0][0]), "to": str(ranges[0][1])},
        sets=[
            rf"\set month random(0, {months - 1})",
            r"\set day random(1, 28)",
            rf"\set from ({first} + :month / 12) * 10000 + (1 + :month % 12) * 100 + :day",
            rf"\set to ({first} + (:month + 1) / 12) * 10000 + (1 + (:month + 1) % 12) * 100 + :day",
        ],
    )  # fmt: skip


def by_civil_id(owner_keys: Sequence[str]) -> Measured:
    """Pages by owner. `owner_keys` are those of permits.CIVIL_IDS, as the statement gets them."""
    bodies = [json.dumps({"civil_id": one, **CASE, "limit": 50}) for one in permits.CIVIL_IDS]
    values = [{"owner": key} for key in owner_keys]
    return Measured("civil_id", "POST", SEARCHES, bodies, values[0], values=values)


def by_permit_number(rows: int) -> Measured:
    """Asks for one permit by its number, in a table of `rows` permits. pgbench can compute these numbers."""
    first, step = permits.FIRST_PLAIN_NUMBER, permits.PLAIN_NUMBERED
    numbered = range(0, rows, step)
    requests = [
        _get(permit_number=str(first + number))
        for number in numbered[:: max(1, len(numbered) // REQUESTS)]
    ]
    return Measured(
        "permit_number", "GET", PATH, requests,
        example={"number": str(first)},
        sets=[rf"\set number {first} + {step} * random(0, {len(numbered) - 1})"],
        rows=1,
    )  # fmt: skip


def _month(first: int, month: int, day: int) -> tuple[date, date]:
    following = month + 1
    return (
        date(first + month // 12, 1 + month % 12, day),
        date(first + following // 12, 1 + following % 12, day),
    )


def _get(**parameters: str) -> str:
    return "?" + urlencode({**parameters, "limit": 50})
