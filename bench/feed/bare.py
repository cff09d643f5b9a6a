"""The reference: one row, committed on one connection, and how soon another one knows by NOTIFY."""

import threading
import time

import psycopg

TABLE = "CREATE TABLE IF NOT EXISTS bench_change (id bigint GENERATED ALWAYS AS IDENTITY, at timestamptz DEFAULT now())"


def heard_ms(url: str, count: int) -> list[float]:
    """Milliseconds from the return of the commit to the notification, one after the other."""
    heard: dict[str, float] = {}
    ready = threading.Event()
    with psycopg.connect(url, autocommit=True) as listener, psycopg.connect(url) as writer:
        writer.execute(TABLE)
        writer.commit()
        listener.execute("LISTEN bench_change")

        def listen() -> None:
            ready.set()
            for one in listener.notifies(timeout=30, stop_after=count):
                heard[one.payload] = time.time()

        thread = threading.Thread(target=listen)
        thread.start()
        ready.wait()
        committed = {}
        for number in range(count):
            writer.execute("INSERT INTO bench_change DEFAULT VALUES")
            writer.execute("SELECT pg_notify('bench_change', %s)", [str(number)])
            writer.commit()
            committed[str(number)] = time.time()
            time.sleep(0.01)
        thread.join()
    return [(heard[key] - at) * 1_000 for key, at in committed.items() if key in heard]


def commits_per_s(url: str, seconds: float) -> float:
    """Rows a second, each committed alone."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(TABLE)
        began, count = time.monotonic(), 0
        while time.monotonic() - began < seconds:
            connection.execute("INSERT INTO bench_change DEFAULT VALUES")
            count += 1
    return count / seconds
