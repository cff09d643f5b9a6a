"""Slow clients: they wait in the kernel's buffer, not in a thread, and not for ever."""

import socket
import subprocess
import sys
import time
from contextlib import ExitStack

import pytest

from chassis.worker import is_whole

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
SERVER = """
import sys
from gunicorn.app.base import BaseApplication
from chassis import worker
worker.ARRIVAL_SECONDS = 2.0
class App(BaseApplication):
    def load_config(self):
        options = {"bind": "127.0.0.1:" + sys.argv[1], "threads": 2, "keepalive": 5, "loglevel": "error",
                   "worker_class": "chassis.worker.WholeRequestWorker", "control_socket_disable": True}
        for name, value in options.items():
            self.cfg.set(name, value)
    def load(self):
        def app(environ, start):
            body = environ["wsgi.input"].read()
            start("200 OK", [("Content-Length", str(len(body)))])
            return [body]
        return app
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


def ended(client):
    try:
        return client.recv(100) == b""
    except ConnectionResetError:  # what it had sent was never read
        return True


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


def test_a_body_in_pieces_and_two_requests_at_once_are_answered(connect):
    client = connect(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nab")
    client.sendall(b"cd" + GET)
    answers = b""
    while answers.count(b"200 OK") < 2:
        answers += client.recv(1000)

    assert b"\r\n\r\nabcdHTTP/1.1 200 OK" in answers
