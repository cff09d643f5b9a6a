"""A frozen PostgreSQL: no request waits for it for long, and all goes on when it thaws."""

import os
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from threading import Barrier, Event, Thread

import psycopg
import pytest
import requests
from serving import environment, issuer, served, until
from sqlalchemy import make_url, text
from sqlalchemy.exc import OperationalError

from chassis.core import metrics
from chassis.data import migrations, watch
from chassis.data.db import Database, OutcomeUnknown
from chassis.fast.pipeline import Pipeline
from chassis.process import Process
from chassis.run.housekeeping import Housekeeping
from devstack import postgres
from devstack.machine import remove_folder, temporary_folder

PROMISED_SECONDS = 5
LONGEST_SECONDS = 15  # of a test on a busy machine


@pytest.fixture(scope="module")
def server():
    """One of our own: the shared one isn't ours to stop."""
    folder = temporary_folder()
    server = postgres.start(folder)
    yield server
    server.stop()
    remove_folder(folder)


@pytest.fixture(scope="module")
def url(server):
    url = server.fresh_database("frozen")
    migrations.upgrade("sample", url)
    return url


@contextmanager
def frozen(server):
    """The server and its backends, which are processes of their own."""
    family = [server.pid, *children(server.pid)]
    send(signal.SIGSTOP, family)
    try:
        yield
    finally:
        send(signal.SIGCONT, family)


def send(number, pids):
    for pid in pids:
        with suppress(ProcessLookupError):  # a backend whose connection was closed ends meanwhile
            os.kill(pid, number)


class Door:
    """An address of its own for the server, which can be frozen while the server goes on."""

    def __init__(self, server):
        self._server = (server.host, server.port)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.callers = 0
        self._goes_on, self._sockets = Event(), []
        self._goes_on.set()
        self._threads = []

    def __enter__(self):
        self._start(self._accept)
        return self

    def __exit__(self, *_):
        self._goes_on.set()
        self._listening.shutdown(socket.SHUT_RDWR)
        self._threads[0].join()  # it opens no more sockets
        for one in self._sockets:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for one in (self._listening, *self._sockets):
            one.close()

    def freeze(self):
        self._goes_on.clear()

    def url(self, url):
        """The same database by this address, as psycopg wants it."""
        parts = make_url(url).set(drivername="postgresql", port=self.port)
        return parts.render_as_string(hide_password=False)

    def _start(self, work, *arguments):
        self._threads.append(Thread(target=work, args=arguments, daemon=True))
        self._threads[-1].start()

    def _accept(self):
        with suppress(OSError):
            while True:
                ours = self._listening.accept()[0]
                self._sockets.append(ours)
                self._goes_on.wait()
                self.callers += 1
                theirs = socket.create_connection(self._server)
                self._sockets.append(theirs)
                self._start(self._carry, ours, theirs)
                self._start(self._carry, theirs, ours)

    def _carry(self, source, target):
        with suppress(OSError):
            while data := source.recv(65536):
                self._goes_on.wait()
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)


def children(pid):
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.fixture
def database(url):
    database = Database(url, watched=True, statement_timeout_ms=30_000)
    database.ping()
    yield database
    database.dispose()


def test_callers_are_refused_in_time_and_answered_again_after(server, url, issuer_key, token):
    with (
        issuer(issuer_key) as address,
        served(environment(url, ISSUER=address, DRAIN_SECONDS=0)) as sample,
        ThreadPoolExecutor(40) as callers,
    ):
        headers = token("things.read", "things.write", iss=address)

        def ask(path):
            method, base = ("GET", sample.ops) if path == "/readyz" else ("GET", sample.public)
            if path == "/v1/things":
                body = {"name": "door", "made_on": "2024-10-13"}
                return requests.post(
                    base + path, json=body, headers=headers, timeout=LONGEST_SECONDS
                )
            return requests.request(method, base + path, headers=headers, timeout=LONGEST_SECONDS)

        paths = ["/v1/things", "/v1/things/t1", "/readyz"]
        before = [answer.status_code for answer in callers.map(ask, paths * 4)]
        with frozen(server):
            first = list(callers.map(ask, paths * 10))
            later = list(callers.map(ask, paths * 4))
        # Each worker finds out by itself: one may answer while the other still refuses.
        until(
            lambda: [one.status_code for one in callers.map(ask, paths * 4)] == before,
            seconds=LONGEST_SECONDS,
        )

    assert before == [201, 200, 200] * 4
    # What was read half a second ago is enough for an operation that reads nothing else.
    refused = [answer for answer in first if not answer.url.endswith("/t1")] + later
    assert {answer.status_code for answer in refused} == {503}
    assert all("Retry-After" in one.headers for one in refused if "readyz" not in one.url)


def test_a_commit_that_a_frozen_server_did_not_answer_is_in_doubt(server, database):
    def freeze_before_the_commit(stopped):
        with database.transaction() as session:
            session.execute(text("INSERT INTO thing VALUES ('in-doubt', 'a', 1)"))
            stopped.enter_context(frozen(server))

    with ExitStack() as stopped, pytest.raises(OutcomeUnknown):
        freeze_before_the_commit(stopped)


@pytest.mark.parametrize("way", ["transaction", "pipeline"])
def test_neither_way_to_the_database_waits_for_a_frozen_server(server, database, way):
    def ask():
        if way == "transaction":
            with database.transaction() as session:
                return session.scalar(text("SELECT 'here'"))
        return Pipeline(database).run_one("SELECT 'here'::text").get_value(0, 0).decode()

    assert ask() == "here"
    with frozen(server), pytest.raises(OperationalError):
        ask()

    until(lambda: not database._watch.is_silent)
    assert ask() == "here"


def test_the_longest_wait_is_shorter_than_promised():
    longest = watch.PATIENCE_SECONDS + watch.LOOK_SECONDS + watch.PROBES * watch.PROBE_SECONDS

    assert longest < PROMISED_SECONDS - 1


def test_a_long_statement_of_a_server_that_answers_others_is_waited_for(database):
    with database.transaction() as session:
        assert session.scalar(text("SELECT 'done' FROM pg_sleep(3.5)")) == "done"


def test_one_question_without_an_answer_shuts_no_connection(database, monkeypatch):
    asked, answers = [], watch._answers

    def miss_the_first(*peer):
        asked.append(peer)
        return len(asked) > 1 and answers(*peer)

    monkeypatch.setattr(watch, "_answers", miss_the_first)
    with database.transaction() as session:
        assert session.scalar(text("SELECT 'done' FROM pg_sleep(2)")) == "done"
    assert len(asked) > 1


def test_a_look_that_fails_is_not_the_last_one(server, database, monkeypatch):
    looked, answers = Event(), watch._answers

    def fail_once(*peer):
        if looked.is_set():
            return answers(*peer)
        looked.set()
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(watch, "_answers", fail_once)
    with frozen(server), pytest.raises(OperationalError), database.transaction() as session:
        session.execute(text("SELECT 1"))
    assert looked.is_set()


def test_a_server_that_took_over_is_found_by_the_process_itself(server, url):
    with Door(server) as first, Door(server) as second:
        hosts = [f"127.0.0.1:{first.port}", f"127.0.0.1:{second.port}"]
        both = make_url(url)._replace(host=None, port=None, query={"host": hosts})
        database = Database(both.render_as_string(hide_password=False), watched=True)

        def ask():
            with database.transaction() as session:
                session.execute(text("SELECT 1"))
            Pipeline(database).run_one("SELECT 1")

        def is_answered():
            try:
                ask()
            except OperationalError:
                return False
            return True

        ask()
        assert second.callers == 0
        first.freeze()
        assert not is_answered()
        until(is_answered, seconds=LONGEST_SECONDS)

        assert second.callers > 0
        database.dispose()


def test_only_those_that_wait_for_the_silent_server_are_shut(server, url):
    watching, outcomes = watch.Watch(), {}
    with Door(server) as silent, Door(server) as healthy, ThreadPoolExecutor(2) as callers:

        def wait_at(door):
            with closing(watching.connect(door.url(url))) as connection:
                started.wait()
                return connection.execute("SELECT 'done' FROM pg_sleep(5)").fetchone()

        started = Barrier(3)
        for name, door in (("silent", silent), ("healthy", healthy)):
            outcomes[name] = callers.submit(wait_at, door)
        started.wait()
        silent.freeze()

        assert isinstance(outcomes["silent"].exception(), psycopg.OperationalError)
        assert outcomes["healthy"].result() == ("done",)
    watching.close()


def test_the_work_goes_on_after_a_frozen_server(server, service, database):
    stop = Event()
    process = Process(service, None, database)
    thread = Thread(target=Housekeeping(process).run, args=(stop,))
    thread.start()
    with frozen(server):
        until(lambda: database._watch.is_silent)
        metrics.OUTBOX_AGE.set(-1)
    until(lambda: metrics.OUTBOX_AGE._value.get() >= 0)
    stop.set()
    thread.join()
