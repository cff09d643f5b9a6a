"""Slow clients: they wait in the kernel's buffer, not in a thread, and not for ever. And the worker's own lane."""

import socket
import subprocess
import sys
import time
from contextlib import ExitStack

import pytest

from chassis.run.worker import is_whole

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
SERVER = """
import sys
from gunicorn.app.base import BaseApplication
from chassis.run import worker
from chassis.http.stack import Response
from chassis.http.health import SplitByPort
worker.ARRIVAL_SECONDS = 2.0
class App(BaseApplication):
    def load_config(self):
        options = {"bind": "127.0.0.1:" + sys.argv[1], "threads": 2, "keepalive": 5, "loglevel": "error",
                   "worker_class": "chassis.run.lane_worker.LaneWorker", "control_socket_disable": True}
        for name, value in options.items():
            self.cfg.set(name, value)
    def load(self):
        def app(environ, start):
            body = environ["wsgi.input"].read()
            start("200 OK", [("Content-Length", str(len(body)))])
            return [body]
        return SplitByPort(app, 0, ready=None, lane=Lane())
class Lane:
    def takes(self, seen):
        return seen.startswith(b"GET /lane")
    def may_pause(self, method, path):
        return False
    def answer(self, environs):
        bodies = [environ["QUERY_STRING"].encode() * int(environ.get("HTTP_TIMES", 1)) for environ in environs]
        said = [environ.get("HTTP_SAID", "-").replace("!", chr(10)) for environ in environs]
        return [Response("200 OK", [("Content-Length", str(len(body))), ("Said", text)], body)
                for body, text in zip(bodies, said)]
App().run()
"""


@pytest.mark.parametrize(
    ("seen", "whole"),
    [
        (b"GET / HTTP/1.1\r\n", False),
        (GET, True),
        (b"POST / HTTP/1.1\r\ncontent-length: 3\r\n\r\nab", False),
        (b"POST / HTTP/1.1\r\nContent-Length:3\r\n\r\nabc", True),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n", False),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", True),
        (b"x" * 65_536, True),
    ],
)
def test_a_request_is_whole_when_its_head_and_its_body_are_there(seen, whole):
    assert is_whole(seen) is whole


@pytest.fixture(scope="module")
def port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        number = probe.getsockname()[1]
    server = subprocess.Popen([sys.executable, "-c", SERVER, str(number)])
    deadline = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", number)).close()
            break
        except ConnectionRefusedError:
            assert time.monotonic() < deadline
            assert server.poll() is None
    yield number
    server.terminate()
    server.wait(20)


@pytest.fixture
def connect(port):
    with ExitStack() as stack:

        def connect(sent=b""):
            client = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
            client.sendall(sent)
            return client

        yield connect


def answers(client, count):
    """The bodies of so many answers on a connection."""
    bodies, read = [], client.makefile("rb")
    for _ in range(count):
        assert read.readline().startswith(b"HTTP/1.1 200")
        headers = dict(line.strip().lower().split(b": ") for line in iter(read.readline, b"\r\n"))
        bodies.append(read.read(int(headers[b"content-length"])))
    return bodies


def lane(query, *headers):
    return "\r\n".join([f"GET /lane?{query} HTTP/1.1", "Host: x", *headers, "", ""]).encode()


def ended(client):
    try:
        return client.recv(100) == b""
    except ConnectionResetError:  # its bytes were never read
        return True


def test_a_request_of_the_lane_in_two_pieces_does_not_wait_for_another_event(connect):
    """Takes the quickest of five tries: the worker's poller sleeps for a second when it has nothing to do."""
    client, other, took = connect(), connect(), []
    for _ in range(5):
        client.sendall(lane("a")[:9])
        other.sendall(GET)
        answers(other, 1)  # so the first piece has been seen alone
        began = time.monotonic()
        client.sendall(lane("a")[9:])

        assert answers(client, 1) == [b"a"]
        took.append(time.monotonic() - began)

    assert min(took) < 0.9


def test_many_slow_clients_leave_the_threads_to_the_others(connect):
    slow = [connect(GET[:-1]) for _ in range(50)]
    silent = [connect() for _ in range(20)]

    assert connect(GET).recv(100).startswith(b"HTTP/1.1 200")
    slow[7].sendall(GET[-1:])
    assert slow[7].recv(100).startswith(b"HTTP/1.1 200")
    assert len(silent) == 20


def test_a_request_that_does_not_arrive_in_time_is_given_up(connect):
    began = time.monotonic()
    client = connect(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab")

    assert ended(client)
    assert 1.5 < time.monotonic() - began < 9


def test_clients_that_do_not_close_their_side_keep_nobody_waiting(connect):
    held = [connect(GET[:-2] + b"Connection: close\r\n\r\n") for _ in range(5)]
    for client in held:
        assert client.recv(100).startswith(b"HTTP/1.1 200")

    began = time.monotonic()

    assert connect(GET).recv(100).startswith(b"HTTP/1.1 200")
    assert time.monotonic() - began < 1.5


def test_a_body_in_pieces_and_two_requests_at_once_are_answered(connect):
    client = connect(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nab")
    client.sendall(b"cd" + GET)
    answers = b""
    while answers.count(b"200 OK") < 2:
        answers += client.recv(1000)

    assert b"\r\n\r\nabcdHTTP/1.1 200 OK" in answers


def test_requests_of_the_lane_behind_each_other_on_a_connection_are_answered_in_order(connect):
    client = connect(lane("a") + lane("b") + GET + lane("c"))

    assert answers(client, 4) == [b"a", b"b", b"", b"c"]
    client.sendall(lane("d"))
    assert answers(client, 1) == [b"d"]


def test_a_client_that_does_not_take_its_answer_holds_up_nobody(connect):
    stubborn = connect(lane("x", "Times: 20000000"))

    assert answers(connect(lane("b")), 1) == [b"b"]
    assert answers(stubborn, 1) == [b"x" * 20_000_000]


def test_a_client_that_takes_its_answers_slowly_holds_up_nobody_with_the_next(connect):
    slow = connect(lane("x", "Times: 20000000") + lane("y", "Times: 20000000"))
    taken = 0
    while taken < 20_000_000:
        taken += len(slow.recv(500_000))
        if taken > 12_000_000:
            began = time.monotonic()
            assert answers(connect(lane("b")), 1) == [b"b"]
            assert time.monotonic() - began < 4


def test_a_client_that_leaves_or_sends_no_request_ends_its_own_connection_only(connect):
    connect(lane("gone")).close()
    wrong = connect(lane("x", "no header"))

    assert wrong.recv(100).startswith(b"HTTP/1.1 400")
    assert answers(connect(lane("b")), 1) == [b"b"]


def test_a_response_that_cannot_be_written_is_an_error_of_its_own_request_only(connect):
    clients = [connect() for _ in range(3)]
    for client, headers in zip(clients, ([], ["Said: a!b"], []), strict=True):
        client.sendall(lane("b", *headers))
    first, wrong, last = clients

    assert wrong.recv(100).startswith(b"HTTP/1.1 500")
    assert [answers(client, 1) for client in (first, last)] == [[b"b"], [b"b"]]


def test_a_client_that_wants_its_connection_closed_gets_it_closed(connect):
    client = connect(lane("a", "Connection: close"))

    assert answers(client, 1) == [b"a"]
    assert ended(client)
