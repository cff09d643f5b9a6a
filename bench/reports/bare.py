"""The reference of the same run: the rows of a lifecycle, written by bare statements on one connection."""

import time
import uuid

import psycopg

_TABLE = "CREATE TABLE IF NOT EXISTS bench_life (id uuid PRIMARY KEY, n integer NOT NULL, body text NOT NULL)"
_OUTBOX = "CREATE TABLE IF NOT EXISTS bench_event (id uuid, n integer, body text)"
STEPS = 5


def lives_per_s(url: str, seconds: float) -> float:
    """Five transactions each (file, refer, begin, treat, close): a row inserted or changed, a journal entry and
    an event beside it; then one read."""
    body = "x" * 800
    with psycopg.connect(url) as connection:
        connection.execute(_TABLE)
        connection.execute(_OUTBOX)
        connection.commit()
        began, lives = time.monotonic(), 0
        while time.monotonic() - began < seconds:
            key = uuid.uuid4()
            for step in range(STEPS):
                if step == 0:
                    connection.execute("INSERT INTO bench_life VALUES (%s, 0, %s)", [key, body])
                else:
                    connection.execute("SELECT n FROM bench_life WHERE id = %s FOR UPDATE", [key])
                    connection.execute("UPDATE bench_life SET n = %s WHERE id = %s", [step, key])
                for _ in range(2):
                    connection.execute(
                        "INSERT INTO bench_event VALUES (%s, %s, %s)", [key, step, body]
                    )
                connection.commit()
            connection.execute("SELECT body FROM bench_life WHERE id = %s", [key])
            connection.commit()
            lives += 1
        connection.execute("DROP TABLE bench_life, bench_event")
        connection.commit()
    return lives / seconds
