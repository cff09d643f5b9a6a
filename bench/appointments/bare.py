"""The reference of the same run: bare inserts beneath the same constraint, one transaction each."""

import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import psycopg

_COLUMNS = "seat_id, department_id, counter, place, lane, service, starts_at, ends_at, held_until"
_INSERT = f"""INSERT INTO seat ({_COLUMNS})
    VALUES (%s, %s, 1, 1, %s, 'bench', timestamptz '2030-01-01 06:00+00' + %s * interval '15 minutes',
    timestamptz '2030-01-01 06:15+00' + %s * interval '15 minutes', timestamptz '2031-01-01')
    ON CONFLICT DO NOTHING"""


def inserts_per_s(
    url: str, department_id: str, serial: int, *, clients: int, seconds: float
) -> float:
    """Inserts seats of one place, each in a slot of its own, and deletes them afterwards."""
    lane, slots = serial * 10_000 + 101, count()
    ends = time.monotonic() + seconds

    def insert() -> int:
        done = 0
        with psycopg.connect(url) as connection:
            while time.monotonic() < ends:
                slot = next(slots)
                connection.execute(_INSERT, [uuid.uuid4(), department_id, lane, slot, slot])
                connection.commit()
                done += 1
        return done

    began = time.monotonic()
    with ThreadPoolExecutor(clients) as pool:
        total = sum(pool.map(lambda _: insert(), range(clients)))
    took = time.monotonic() - began
    with psycopg.connect(url) as connection:
        connection.execute("DELETE FROM seat WHERE service = 'bench'")
    return total / took
