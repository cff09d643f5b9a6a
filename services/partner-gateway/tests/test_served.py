"""The gateway as it's deployed, with two threads: who waits holds none, and a file of any length takes no memory."""

import json
import os
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import requests
from municipal import (
    APPLICATIONS,
    BODY,
    EXPORTS,
    activity_event,
    application_event,
    licence_event,
)
from sqlalchemy import func, select, text

from chassis.core.ids import new_id
from chassis.data import migrations
from chassis.data.db import Database
from partner_gateway.commands import projections
from partner_gateway.models import LicenceApplication

WAITING = 6
FEW, MANY = 2_000, 20_000


def until(condition, seconds=90):
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


@pytest.fixture(scope="module")
def address(issuer_key):
    """An issuer that gives out its keys."""
    body = json.dumps({"keys": [issuer_key.as_dict(private=False)]}).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def database(postgres_server):
    url = postgres_server.fresh_database("served")
    migrations.upgrade("partner_gateway", url)
    database = Database(url)
    with database.transaction() as session:
        projections.keep_activities(session, [projections.activity_row(activity_event())])
    yield database
    database.dispose()


@pytest.fixture(scope="module")
def served(database, address, settings_overrides):
    """(its address, its process)."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    given = {name.upper(): str(value) for name, value in settings_overrides.items()}
    environ = {
        **os.environ, **given, "DATABASE_URL": database.url, "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "ISSUER": address, "PORT": str(port), "WORKERS": "1", "THREADS": "2", "DRAIN_SECONDS": "0",
        "REVOCATION_STALENESS_SECONDS": "0",
    }  # fmt: skip
    process = subprocess.Popen([sys.executable, "-m", "partner_gateway", "serve"], env=environ)
    until(lambda: listens(port))
    yield f"http://127.0.0.1:{port}", process
    process.terminate()
    process.wait(40)


def listens(port):
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except ConnectionRefusedError:
        return False
    return True


@pytest.fixture
def ask(served, clerk, address):
    def ask(method, path, key=None, prefer=None, **more):
        headers = clerk(key=key, iss=address, kind="machine")
        headers |= {"Prefer": prefer} if prefer else {}
        return requests.request(method, served[0] + path, headers=headers, timeout=60, **more)

    return ask


def count(database, version):
    with database.transaction() as session:
        wanted = select(func.count()).where(LicenceApplication.version == version)
        return session.scalar(wanted)


def test_requests_that_wait_for_a_decision_hold_no_thread_and_get_it(ask, database):
    # The issuer is a thread of this process: busy, it may give its keys at the second time of asking.
    until(lambda: ask("GET", APPLICATIONS).status_code == 200)

    with ThreadPoolExecutor(WAITING) as pool:
        sent = [
            pool.submit(ask, "POST", APPLICATIONS, new_id(), "wait=10", json=BODY)
            for _ in range(WAITING)
        ]
        until(lambda: count(database, 0) == WAITING)
        meanwhile = ask("GET", APPLICATIONS)  # of two threads
        with database.transaction() as session:
            ids = session.scalars(select(LicenceApplication.application_id)).all()
            for place, one in enumerate(ids):
                number = f"14480400{place:04}"
                issued = application_event(one, licence_no=number)
                projections.keep_applications(session, [projections.application_row(issued)])
                licence = licence_event(number, application_id=one)
                projections.keep_licences(session, [projections.licence_row(licence)])
        answers = [one.result() for one in sent]

    assert meanwhile.status_code == 200, meanwhile.text
    assert {one["status"] for one in meanwhile.json()["items"]} == {"submitted"}
    assert {one.status_code for one in answers} == {200}, [one.text for one in answers]
    assert {one.headers["preference-applied"] for one in answers} == {"wait=10"}
    assert len({one.json()["licence"]["licence_no"] for one in answers}) == WAITING


def test_a_caller_who_waits_in_vain_is_told_that_the_submission_is_accepted(ask):
    began = time.monotonic()

    answer = ask("POST", APPLICATIONS, new_id(), "wait=1", json=BODY)

    assert answer.status_code == 202
    assert time.monotonic() - began >= 0.9


def memory(pid):
    """The most that a process ever had in memory, in bytes; of its worker, which answers."""
    (worker,) = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    status = Path(f"/proc/{worker}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1_024


def issue(database, first, many):
    with database.transaction() as session:
        session.execute(
            text(
                "INSERT INTO licence SELECT gen_random_uuid(), version, (1448050000000 + n)::text,"
                " municipality, kind, status, issued_on, expires_on, activities, state, changed_at"
                " FROM licence, generate_series(CAST(:first AS bigint), :first + :many - 1) AS n"
                " WHERE licence_no = '1448040000000'"
            ),
            {"first": first, "many": many},
        )


def test_a_file_is_sent_whole_in_the_memory_of_a_piece(ask, database, served):
    row = projections.licence_row(licence_event("1448040000000", sealed=None))
    with database.transaction() as session:
        projections.keep_licences(session, [row])
    issue(database, 1, FEW)
    few = ask("GET", f"{EXPORTS}?format=ndjson")
    before = memory(served[1].pid)
    issue(database, FEW + 1, MANY)

    answer = ask("GET", f"{EXPORTS}?format=ndjson")

    grown = memory(served[1].pid) - before
    assert (few.status_code, answer.status_code) == (200, 200)
    assert answer.headers["transfer-encoding"] == "chunked"
    assert len(answer.content.splitlines()) == len(few.content.splitlines()) + MANY
    assert grown < len(answer.content) / 2, (grown, len(answer.content))
