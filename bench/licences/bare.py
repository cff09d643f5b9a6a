"""The reference of the same run: rows as large as an accepted application's, inserted by pgbench's way: one statement a
transaction on one connection."""

import time
import uuid

import psycopg

_TABLE = (
    "CREATE TABLE bench_accepted (id uuid PRIMARY KEY, body bytea NOT NULL, told bytea NOT NULL)"
)


def rows_per_s(url: str, seconds: float, bytes_each: int = 1_500) -> float:
    """An application and its event, in one transaction each time."""
    body = b"x" * bytes_each
    with psycopg.connect(url) as connection:
        connection.execute(_TABLE)
        connection.commit()
        began, count = time.monotonic(), 0
        while time.monotonic() - began < seconds:
            row = [uuid.uuid4(), body, body]
            connection.execute("INSERT INTO bench_accepted VALUES (%s, %s, %s)", row)
            connection.commit()
            count += 1
        connection.execute("DROP TABLE bench_accepted")
        connection.commit()
    return count / seconds
