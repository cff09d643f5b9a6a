"""Four processes at a time enter transactions and are killed twice each: no number is lost, doubled or left out, and
each has its event.

`ENTRIES=10000` enters so many."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from chassis.data.db import Database
from chassis.run.cli import group
from chassis.service import Service

from .test_sample import environment

ENTRIES = int(os.environ.get("ENTRIES", "80"))
PROCESSES, KILLS = 4, 2  # of each process
ENTERING = Path(__file__).with_name("entering.py")


def enter_share(variables: dict[str, str], share: int) -> list[str]:
    """Returns the numbers that one process after the other confirmed. Each but the last is killed half-way."""
    entered: list[str] = []
    for _ in range(KILLS):
        left = share - len(entered)
        entered += enter_and_die(variables, left, left // 2)
    return entered + enter_and_die(variables, share - len(entered), 0)


def enter_and_die(variables: dict[str, str], count: int, killed_after: int) -> list[str]:
    """Returns the numbers that a process confirmed. The process is killed in the middle of an entry behind
    `killed_after`; 0: it isn't killed."""
    command = [sys.executable, str(ENTERING), str(count)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, **variables}
    ) as process:
        return list(_lines(process, killed_after))


def _lines(process: Any, killed_after: int) -> Iterator[str]:
    for place, line in enumerate(process.stdout, start=1):
        if line.endswith("\n"):
            yield line.strip()
        if place == killed_after:
            process.send_signal(signal.SIGKILL)


@pytest.fixture
def variables(service: Service, postgres_server: Any, tmp_path: Any) -> dict[str, str]:
    """The environment of a service with an empty database."""
    url = postgres_server.fresh_database("transactions_kills")
    made = environment(url, tmp_path)
    migrated = CliRunner().invoke(group(service), ["migrate"], obj=service, env=made)
    assert migrated.exit_code == 0, migrated.output
    return made


def test_entries_under_kills_lose_and_leave_out_no_number(
    service: Service, variables: dict[str, str]
) -> None:
    with ThreadPoolExecutor(PROCESSES) as pool:
        shares = [ENTRIES // PROCESSES] * PROCESSES
        entered = list(pool.map(lambda share: enter_share(variables, share), shares))

    confirmed = [number for numbers in entered for number in numbers]
    stored, published = _stored(variables["TRANSACTIONS_DATABASE_URL"])
    checked = CliRunner().invoke(group(service), ["numbers", "check"], obj=service, env=variables)
    assert len(confirmed) == ENTRIES
    assert len(set(confirmed)) == len(confirmed)
    assert set(confirmed) <= set(stored)
    assert sorted(int(number[7:]) for number in stored) == list(range(1, len(stored) + 1))
    assert sorted(published) == sorted(stored)
    assert checked.exit_code == 0, checked.output


def _stored(url: str) -> tuple[list[str], list[str]]:
    """Returns the numbers of the rows, and of the events `entered`."""
    database = Database(url)
    with database.transaction() as session:
        rows = session.execute(text("SELECT number FROM transaction")).scalars().all()
        events = session.execute(
            text(
                "SELECT convert_from(data, 'UTF8')::json -> 'data' ->> 'number' FROM outbox"
                " WHERE type LIKE '%.entered.v1'"
            )
        ).scalars()
        published = list(events)
    database.dispose()
    return list(rows), published
