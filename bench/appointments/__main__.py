"""`make bench-appointments`: 200 clients in four processes ask for 100 slots, and two of the processes are killed in
between. Reference: bare inserts beneath the same constraint in the same run.

A hold is a request, and its booking another. Bookings, and holds of the killed processes, have to equal the capacity,
no place may be taken twice, and no confirmed booking may be lost. Clients and PostgreSQL share the cores.
"""

import json
import os
import secrets
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from statistics import quantiles
from typing import Any

import click
from sqlalchemy import text

from appointments.app import SERVICE
from appointments.commands import schedule
from appointments.domain.actors import service_as
from appointments.sample import sample_plan
from appointments.settings import Settings
from appointments.slots import free_slots
from bench.appointments import bare
from bench.figures import keep_figures
from chassis.data import migrations
from chassis.data.db import Database
from chassis.data.sealed import use_keys
from chassis.data.unit_of_work import UnitOfWork
from devstack import postgres
from devstack.machine import remove_folder, say, temporary_folder
from saudi.days import legal_day

PROCESSES, PLACES = 4, 3
KEYS = ("SEALING", "BLIND_INDEX", "CONTACT", "INQUIRY", "SUBJECT", "DOCUMENT", "CURSOR")
_TWICE = text(
    "SELECT count(*) FROM seat a JOIN seat b ON a.lane = b.lane AND a.seat_id < b.seat_id"
    " AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at"
)
# Processes that are killed leave holds behind, which end after ten minutes.
_HELD = text("SELECT count(*) FROM seat WHERE held_until IS NOT NULL")
_NUMBERS = text("SELECT appointment_number FROM appointment")
_SERIAL = text("SELECT serial FROM department")


@click.command()
@click.option("--clients", default=200)
@click.option("--slots", default=100)
def main(clients: int, slots: int) -> None:
    """Measures and prints one line of JSON; a whole run overwrites bench/results/appointments.json."""
    folder = temporary_folder()
    server = postgres.start(folder)
    try:
        result = _measure(server.fresh_database("appointments_bench"), clients, slots)
    finally:
        server.stop()
        remove_folder(folder)
    print(keep_figures("appointments", result, whole=(clients, slots) == (200, 100)))


def _measure(url: str, clients: int, count: int) -> dict[str, Any]:
    environment = _environment(url)
    migrations.upgrade(SERVICE.package, url)
    settings: Settings = Settings.load(SERVICE.name, environment)
    database = Database(url)
    use_keys(database, settings)
    department_id, slots = _open_department(database, count)
    with database.transaction() as session:
        serial = int(session.scalar(_SERIAL) or 0)
    reference = bare.inserts_per_s(
        url.replace("+psycopg", ""), department_id, serial, clients=16, seconds=5
    )
    say(f"bench: {reference:.0f} bare inserts a second; {clients} clients, {count} slots")
    answers, took = _run_crowd(environment, department_id, slots, clients, kill=2)
    more, longer = _run_crowd(environment, department_id, slots, clients, kill=0, first=500)
    return _figures(database, answers + more, took + longer, reference, capacity=count * PLACES)


def _environment(url: str) -> dict[str, str]:
    keys = {f"APPOINTMENTS_{name}_KEY": secrets.token_urlsafe(32) for name in KEYS}
    return {
        **os.environ,
        **keys,
        "APPOINTMENTS_DATABASE_URL": url,
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "ISSUER": "https://issuer.test",
    }


def _open_department(database: Database, count: int) -> tuple[str, list[datetime]]:
    """Adds a department with three places, and returns its next slots."""
    now = datetime.now(UTC)
    counters = [{"counter": 1, "places": PLACES, "services": ["inquiry", "engineer"]}]
    with database.transaction() as session:
        work = UnitOfWork(session, service_as("bench"), now)
        row = schedule.add_department(work, municipality="saihat", code="customer-service")
        session.flush()
        plan = {**sample_plan(), "counters": counters}
        today = legal_day(now)
        schedule.set_plan(work, row.department_id, valid_from=today, plan=plan, preview=False)
        days = (today + timedelta(days=1), today + timedelta(days=29))
        free = free_slots(session, row.department_id, "inquiry", days=days, now=now)
        return row.department_id, [one.span.starts_at for one in free[:count]]


def _run_crowd(
    environment: dict[str, str],
    department_id: str,
    slots: list[datetime],
    clients: int,
    *,
    kill: int,
    first: int = 0,
) -> tuple[list[dict[str, Any]], float]:
    """Runs the clients in four processes and kills some of these in the middle. Returns what they printed, and the
    seconds from the moment at which all were ready."""
    command = [sys.executable, "-m", "bench.appointments.crowd", department_id]
    moments = [one.isoformat() for one in slots]
    each = max(1, clients // PROCESSES)
    crowds = [
        subprocess.Popen(
            [*command, str(first + place * each), str(each), *moments],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for place in range(PROCESSES)
    ]
    for one in crowds:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    began = time.monotonic()
    with ThreadPoolExecutor(PROCESSES) as pool:
        lasts = [len(slots) if place < kill else None for place in range(PROCESSES)]
        printed = [one for lines in pool.map(_read_crowd, crowds, lasts) for one in lines]
    return printed, time.monotonic() - began


def _read_crowd(crowd: "subprocess.Popen[str]", last: int | None) -> list[dict[str, Any]]:
    """Returns what a process printed. `last`: the process is killed once it has printed so many lines."""
    read: list[dict[str, Any]] = []
    assert crowd.stdin is not None
    assert crowd.stdout is not None
    crowd.stdin.write("begin\n")
    crowd.stdin.flush()
    for line in crowd.stdout:
        if line.endswith("}\n"):
            read.append(json.loads(line))
        if len(read) == last:
            crowd.kill()
    crowd.wait()
    return read


def _figures(
    database: Database,
    answers: list[dict[str, Any]],
    took: float,
    reference: float,
    *,
    capacity: int,
) -> dict[str, Any]:
    with database.transaction() as session:
        numbers = set(session.scalars(_NUMBERS))
        twice, held = int(session.scalar(_TWICE) or 0), int(session.scalar(_HELD) or 0)
    told = [one["number"] for one in answers if one["number"]]
    return {
        "capacity": capacity,
        "booked": len(numbers),
        "held_by_the_killed": held,
        "taken_twice": twice,
        "confirmed_and_lost": len(set(told) - numbers),
        "requests": len(answers),
        "requests_per_s": round(len(answers) / took, 1),
        "bare_inserts_per_s": round(reference, 1),
        "ratio": round(len(answers) / took / reference, 3),
        **_spread([one["ms"] for one in answers]),
        "by_answer": {
            kind: _spread(times)
            for kind in ("held", "booked", "refused")
            if len(times := [one["ms"] for one in answers if one["answer"] == kind]) > 1
        },
    }


def _spread(times: list[float]) -> dict[str, float]:
    hundredths = quantiles(times, n=100)
    return {
        "p50_ms": round(hundredths[49], 1),
        "p99_ms": round(hundredths[98], 1),
        "p99_to_p50": round(hundredths[98] / hundredths[49], 2),
    }


if __name__ == "__main__":
    main()
