"""Requests that wait for something to happen: they hold their connections, and no thread."""

import http.client
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, closing
from types import SimpleNamespace

import pytest
from sqlalchemy.exc import OperationalError

from chassis.access.revocations import RevocationsUnknown
from chassis.fast.batching import Loader, Pause, complete
from chassis.fast.lane import Lane, PausedRequest
from chassis.http.problems import Problem

# One worker of two threads. GET /wait?seconds pauses until somebody asks for /go; /thread is answered by a thread.
SERVER = """
import sys
from types import SimpleNamespace
from gunicorn.app.base import BaseApplication
from chassis.fast.batching import Pause
from chassis.fast.lane import Lane
from chassis.http.health import SplitByPort
from chassis.http.stack import Response
went = []
class Bridge:
    async def respond(self, environ):
        over = await Pause(None, lambda: bool(went), float(environ["QUERY_STRING"]))
        return Response("200 OK", [("Content-Length", "4")], b"went" if over else b"late")
    def finish(self, outcome, environ):
        return outcome
class Waits(Lane):
    def __init__(self):
        self._bridge, self._verifier = Bridge(), SimpleNamespace(is_void=lambda caller: False)
    def may_pause(self, method, path):
        return False
    def takes(self, seen):
        return seen.startswith(b"GET /wait")
def answer(environ, start):
    if environ["PATH_INFO"] == "/go":
        went.append(1)
    start("200 OK", [("Content-Length", "2")])
    return [b"ok"]
class App(BaseApplication):
    def load_config(self):
        options = {"bind": "127.0.0.1:" + sys.argv[1], "threads": 2, "keepalive": 5, "loglevel": "error",
                   "worker_class": "chassis.run.lane_worker.LaneWorker", "control_socket_disable": True,
                   "graceful_timeout": 10}
        for name, value in options.items():
            self.cfg.set(name, value)
    def load(self):
        return SplitByPort(answer, 0, ready=None, lane=Waits())
from chassis.run import worker
worker._HELD[:] = [0] * worker.MOST_WORKERS
App().run()
"""


class Server:
    def __init__(self, stack):
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self.process = subprocess.Popen([sys.executable, "-c", SERVER, str(self.port)])
        self._stack = stack
        deadline = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except ConnectionRefusedError:
                assert time.monotonic() < deadline
                assert self.process.poll() is None
                time.sleep(0.02)

    def asked(self, path):
        """A connection on which this was asked, and not answered yet."""
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        self._stack.enter_context(closing(client))
        client.request("GET", path)
        return client

    def answer(self, path):
        return self.asked(path).getresponse().read()


@pytest.fixture
def server():
    with ExitStack() as stack:
        one = Server(stack)
        yield one
        one.process.terminate()
        one.process.wait(20)


def test_a_hundred_who_wait_hold_no_thread_and_are_answered_when_it_happens(server):
    waiting = [server.asked("/wait?30") for _ in range(100)]

    assert [server.answer("/thread") for _ in range(10)] == [b"ok"] * 10
    assert server.answer("/go") == b"ok"
    assert [one.getresponse().read() for one in waiting] == [b"went"] * 100


def test_who_waits_in_vain_is_answered_at_the_end_of_the_time(server):
    assert server.answer("/wait?0.2") == b"late"


def test_a_connection_that_waited_takes_the_next_request(server):
    client = server.asked("/wait?0.1")
    first = client.getresponse().read()
    client.request("GET", "/wait?0.1")

    assert (first, client.getresponse().read()) == (b"late", b"late")


def test_who_has_gone_is_forgotten(server):
    gone = [server.asked("/wait?30") for _ in range(20)]
    for one in gone:
        one.close()
    stays = server.asked("/wait?4")

    assert stays.getresponse().read() == b"late"
    assert server.answer("/go") == b"ok"
    assert server.process.poll() is None


def test_a_worker_that_ends_answers_those_who_wait_first(server):
    waiting = [server.asked("/wait?30") for _ in range(20)]
    assert server.answer("/thread") == b"ok"  # by then the worker has seen the others
    server.process.send_signal(signal.SIGTERM)

    assert [one.getresponse().read() for one in waiting] == [b"late"] * 20
    assert server.process.wait(20) == 0


class Bridge:
    """Says how a request ended that pauses once: by which of the chassis' problems, or by what the pause answered."""

    def __init__(self, is_over=lambda: False):
        self.is_over = is_over

    async def respond(self, environ):
        try:
            return await Pause("caller", self.is_over, 30.0)
        except Problem as problem:
            return problem.slug

    def finish(self, outcome, environ):
        return outcome


def lane(is_void, is_over=lambda: False):
    made = Lane.__new__(Lane)
    made._bridge = Bridge(is_over)
    made._verifier = SimpleNamespace(is_void=is_void)
    return made


def raising(error):
    def is_void(_caller):
        raise error

    return is_void


@pytest.mark.parametrize(
    ("is_void", "came"),
    [
        (lambda caller: False, False),
        (lambda caller: caller == "caller", "unauthorized"),
        (raising(RevocationsUnknown("nothing heard")), "unavailable"),
    ],
)
def test_a_token_that_became_void_meanwhile_opens_nothing(is_void, came):
    one = lane(is_void)
    (waiting,) = one.answer([{}])

    assert isinstance(waiting, PausedRequest)
    assert one.resume([waiting]) == [came]


def test_a_database_that_is_away_is_the_requests_own_error():
    one = lane(raising(OperationalError("SELECT", None, Exception("away"))))
    (waiting,) = one.answer([{}])
    (outcome,) = one.resume([waiting])

    assert isinstance(outcome, OperationalError)


def test_a_pause_ends_when_it_is_over_or_its_time_is():
    happened = []
    one = lane(lambda caller: False, is_over=lambda: bool(happened))
    (waiting,) = one.answer([{}])
    early, late = waiting.is_due(time.monotonic()), waiting.is_due(time.monotonic() + 31)
    happened.append(1)

    assert (early, late, waiting.is_due(time.monotonic())) == (False, True, True)
    assert one.resume([waiting]) == [True]


def test_outside_a_lane_nobody_waits():
    loader = Loader(lambda items: [item * 2 for item in items])

    async def waits(number):
        over = await Pause("caller", lambda: True, 30.0)
        return over, await loader.load(number)

    tasks = complete([waits(1), waits(2)])

    assert [task.result() for task in tasks] == [(False, 2), (False, 4)]
