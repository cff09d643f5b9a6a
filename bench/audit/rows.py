"""A record as the gateway's workers leave it: rows through the real Recorder, a chain for each worker's life.

Two processes ask for eight at once, so that requests share commits as they do under load. What's asked is what a
dispatcher's day looks like: single permits, plans with their pages of up to 50, owners, ranges of dates, refusals.
"""

import multiprocessing
import random
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
from sqlalchemy import text

from chassis.access.auth import Caller
from chassis.core.ids import new_id
from chassis.data.db import Database
from chassis.events import outbox
from chassis.fast.batching import complete
from partner_gateway.domain.permit_queries import Query
from partner_gateway.record import audit
from partner_gateway.record.chain import Access, Recorder

WORKERS, TOGETHER = 2, 8
ROWS_OF_A_LIFE = 50_000
ROOT_SECONDS = 5.0
PEOPLE = 40
# Losing rows in a crash of the bench is no matter; afterwards the database waits for its disk again.
_LAX = "ALTER ROLE CURRENT_USER SET synchronous_commit = off"
_STRICT = "ALTER ROLE CURRENT_USER RESET synchronous_commit"


def fill(url: str, rows: int, secret: bytes, say: Callable[[int], None]) -> None:
    """Records so many rows, and signs a root every few seconds and at the end."""
    plain = url.replace("+psycopg", "")
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(_LAX)
    workers = [
        multiprocessing.Process(target=_work, args=(url, rows // WORKERS, number))
        for number in range(WORKERS)
    ]
    for worker in workers:
        worker.start()
    database = Database(url)
    with database.transaction() as session:
        outbox.ensure_partitions(session, datetime.now(UTC).date())
    while any(worker.is_alive() for worker in workers):
        time.sleep(ROOT_SECONDS)
        say(_sign(database, secret))
    if any(worker.exitcode for worker in workers):
        raise SystemExit("recording failed")
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(_STRICT)
        connection.execute("VACUUM (ANALYZE) access_log, access_link")


def _sign(database: Database, secret: bytes) -> int:
    """Signs a root; answers how many rows the links hold by then."""
    with database.transaction() as session:
        audit.sign_root(session, secret, datetime.now(UTC), every=0)
        return int(session.scalar(text("SELECT coalesce(sum(rows), 0) FROM access_link")) or 0)


def _work(url: str, rows: int, number: int) -> None:
    database = Database(url)
    for first in range(0, rows, ROWS_OF_A_LIFE):
        chance = random.Random(f"{number} {first}")
        _ask(Recorder(database), chance, min(ROWS_OF_A_LIFE, rows - first))


def _ask(recorder: Recorder, chance: random.Random, rows: int) -> None:
    for at in range(0, rows, TOGETHER):
        for task in complete(
            [recorder.add(access(chance)) for _ in range(min(TOGETHER, rows - at))]
        ):
            task.result()


def access(chance: random.Random) -> Access:
    """A row of the record: a query and its decision."""
    person = chance.randrange(PEOPLE)
    caller = Caller(
        subject=f"p_{person:026d}", client_id="sec-portal", organisation="sec", organisation_kind="partner",
        scopes=frozenset(), jti=f"{chance.getrandbits(128):022x}", key_id="none",
        sid=f"s_{person:026d}", issued_at=0.0, expires_at=0.0,
    )  # fmt: skip
    asked: dict[str, Any] = {"caller": caller, "at": datetime.now(UTC), "decision": "allowed"}
    kind = chance.random()
    if kind < 0.05:
        return Access(
            **asked | {"decision": "denied"}, operation="find_building_permits", reason="span"
        )
    if kind < 0.55:
        one = Query(permit_number=f"1448/{chance.randrange(1_000_000)}")
        return Access(
            **asked, operation="find_building_permits", query=one, permit_ids=_ids(chance, 1)
        )
    if kind < 0.80:
        plan, found = Query(plan_key=f"{chance.randrange(2_000)}/7"), chance.randint(3, 50)
        return Access(
            **asked, operation="find_building_permits", query=plan, permit_ids=_ids(chance, found)
        )
    if kind < 0.95:
        return _search(chance, asked)
    day = date(2026, 1, 1) + timedelta(chance.randrange(300))
    span = Query(issued_from=day, issued_to=day + timedelta(30))
    return Access(
        **asked, operation="find_building_permits", query=span, permit_ids=_ids(chance, 50)
    )


def _search(chance: random.Random, asked: dict[str, Any]) -> Access:
    return Access(
        **asked, operation="search_building_permits", purpose="meter-connection",
        query=Query(civil_id_keys=(f"v1:{chance.getrandbits(256):064x}",)),
        case_reference=f"SEC-{chance.randrange(10**6)}", permit_ids=_ids(chance, chance.randint(1, 3)),
    )  # fmt: skip


def _ids(chance: random.Random, count: int) -> list[str]:
    return [new_id() for _ in range(count)]
