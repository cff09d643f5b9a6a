"""Requests that a thread answers up to a pause: they go on in the worker's loop and hold no thread meanwhile."""

import http.client
import os
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from serving import HERE, until

SERVER = """
import sys
from pathlib import Path
from gunicorn.app.base import BaseApplication
from chassis.fast.batching import Pause, complete
from chassis.fast.lane import Lane
from chassis.http.health import SplitByPort
from chassis.http.stack import Response

PORT, GO = int(sys.argv[1]), Path(sys.argv[2])

class Bridge:
    async def respond(self, environ):
        body = environ["wsgi.input"].read()
        began = Path(str(GO) + "." + environ["QUERY_STRING"])
        began.touch()
        came = await Pause(None, GO.exists, float(environ.get("HTTP_SECONDS", "20")))
        said = body + (b" came" if came else b" over")
        return Response("200 OK", [("Content-Length", str(len(said)))], said)
    def finish(self, outcome, environ):
        if isinstance(outcome, Exception):
            raise outcome
        return outcome
    def __call__(self, environ, start):
        (task,) = complete([self.respond(environ)])
        start(task.result().status, task.result().headers)
        return [task.result().body]

class Verifier:
    def is_void(self, caller):
        return False

class App(BaseApplication):
    def load_config(self):
        options = {"bind": f"127.0.0.1:{PORT}", "threads": 2, "keepalive": 5, "loglevel": "error",
                   "worker_class": "chassis.run.lane_worker.LaneWorker",
                   "graceful_timeout": 5, "control_socket_disable": True}
        for name, value in options.items():
            self.cfg.set(name, value)
    def load(self):
        lane = Lane("sample", [], bridge := Bridge(), Verifier(), afterwards=["order_thing"])
        lane.takes = lambda seen: False
        return SplitByPort(bridge, 0, ready=None, lane=lane)
App().run()
"""
LATER, PLAIN = "/v1/things/door/orders", "/v1/things"


@pytest.fixture
def go(tmp_path):
    return tmp_path / "go"


@pytest.fixture
def server(go):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    environ = {**os.environ, "CONTRACTS_DIR": str(HERE / "contracts")}
    process = subprocess.Popen([sys.executable, "-c", SERVER, str(port), str(go)], env=environ)
    until(lambda: _listens(port))
    process.port = port
    yield process
    process.terminate()
    process.wait(20)


def _listens(port):
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except ConnectionRefusedError:
        return False
    return True


@pytest.fixture
def send(server, go):
    """`send(path, name)` → a client whose request is in the hands of the server."""
    with ExitStack() as stack:

        def send(path, name, **headers):
            client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
            stack.enter_context(closing(client))
            client.request("POST", f"{path}?{name}", body=name, headers=headers)
            until(Path(f"{go}.{name}").exists)
            return client

        yield send


def said(client):
    return client.getresponse().read()


def test_requests_that_pause_leave_the_threads_to_others_and_go_on_when_it_is_over(send, go):
    waiting = [send(LATER, f"w{number}") for number in range(8)]  # of two threads

    assert said(send(PLAIN, "meanwhile")) == b"meanwhile over"
    go.touch()

    assert [said(one) for one in waiting] == [b"w%d came" % number for number in range(8)]


def test_a_connection_is_kept_after_a_pause_and_takes_the_next_request(send, go):
    client = send(LATER, "first", Seconds="0.1")
    assert said(client) == b"first over"

    client.request("POST", f"{LATER}?second", body="second", headers={"Seconds": "0.1"})

    assert said(client) == b"second over"


def test_those_that_wait_are_answered_when_the_worker_ends(send, server):
    client = send(LATER, "late")

    server.send_signal(signal.SIGTERM)

    assert said(client) == b"late over"


def test_a_client_that_leaves_while_it_waits_ends_nothing_else(send, go):
    leaving, staying = send(LATER, "leaving"), send(LATER, "staying")

    leaving.close()
    go.touch()

    assert said(staying) == b"staying came"
