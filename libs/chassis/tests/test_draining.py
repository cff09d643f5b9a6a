"""Ending `serve`: requests in time are answered, whether the signal came to one process or to all of them."""

import http.client
import os
import signal
import subprocess
import sys
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from serving import free_ports, until

from chassis.core.settings import Settings
from chassis.run.serve import _Gunicorn
from chassis.service import Service

SERVER = """
import sys, time
from pathlib import Path
from chassis.http import health
from chassis.run import serve
from chassis.service import Service
from chassis.core.settings import Settings

class App(serve._Gunicorn):
    def load(self):
        def app(environ, start):
            while environ["PATH_INFO"] == "/slow" and not Path(sys.argv[3]).exists():
                time.sleep(0.02)
            start("200 OK", [("Content-Length", "2")])
            return [b"ok"]
        return health.SplitByPort(app, int(sys.argv[2]), ready=lambda: "draining" if self._draining.value else "")

given = {"DATABASE_URL": "postgresql://x", "KAFKA_BOOTSTRAP_SERVERS": "x:1", "ISSUER": "https://x",
         "WORKERS": "2", "THREADS": "2", "PORT": sys.argv[1], "OPS_PORT": sys.argv[2], "DRAIN_SECONDS": "1.5"}
App(Service(name="sample", package="sample"), Settings.load("sample", given)).run()
"""

# Its workers wait, right after the fork, until they get SIGTERM: no handler of their own is there yet.
YOUNG = """
import signal, sys
from chassis.core.settings import Settings
from chassis.run import serve
from chassis.service import Service

class App(serve._Gunicorn):
    def load_config(self):
        super().load_config()
        self.cfg.set("post_fork", _until_sigterm)

    def load(self):
        return lambda environ, start: []

def _until_sigterm(arbiter, worker):
    print("forked", flush=True)
    while arbiter.SIG_QUEUE.get() != signal.SIGTERM:
        pass

given = {"DATABASE_URL": "postgresql://x", "KAFKA_BOOTSTRAP_SERVERS": "x:1", "ISSUER": "https://x",
         "WORKERS": "1", "PORT": sys.argv[1], "OPS_PORT": "0", "DRAIN_SECONDS": "0"}
App(Service(name="sample", package="sample"), Settings.load("sample", given)).run()
"""


@dataclass
class Served:
    process: subprocess.Popen
    port: int
    ops: int
    go: Path
    connections: ExitStack

    def connect(self):
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        return self.connections.enter_context(closing(client))

    def ready(self):
        """None when no process listens any more, or yet."""
        client = http.client.HTTPConnection("127.0.0.1", self.ops, timeout=10)
        with closing(client):
            try:
                client.request("GET", "/readyz")
                return client.getresponse().status == 200
            except ConnectionError:
                return None


@pytest.fixture
def served(tmp_path):
    port, ops = free_ports()
    words = [sys.executable, "-c", SERVER, str(port), str(ops), str(tmp_path / "go")]
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    process = subprocess.Popen(words, env=environment, start_new_session=True)
    with ExitStack() as connections:
        one = Served(process, port, ops, tmp_path / "go", connections)
        until(one.ready)
        yield one
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(20)


@pytest.fixture(params=["the process", "its group"])
def end(request):
    """SIGTERM as a container's runtime sends it, and as a terminal or systemd does."""
    return os.kill if request.param == "the process" else os.killpg


def ask(client, path="/"):
    client.request("GET", path)
    answer = client.getresponse()
    return answer.status, answer.read(), answer.headers.get("Connection")


def test_after_sigterm_requests_that_still_arrive_are_answered_and_sent_elsewhere(served, end):
    kept = [served.connect() for _ in range(8)]
    for client in kept:
        assert ask(client) == (200, b"ok", "keep-alive")

    end(served.process.pid, signal.SIGTERM)
    until(lambda: served.ready() is False)

    for client in [*kept, *(served.connect() for _ in range(8))]:
        assert ask(client) == (200, b"ok", "close")
    assert served.process.wait(20) == 0


def test_a_request_in_hand_is_answered_after_the_last_connection_was_taken(served, end):
    client = served.connect()
    client.request("GET", "/slow")

    end(served.process.pid, signal.SIGTERM)
    until(lambda: served.ready() is False)
    until(lambda: served.ready() is None)
    served.go.touch()

    assert client.getresponse().read() == b"ok"
    assert served.process.wait(20) == 0


def test_a_worker_that_is_dismissed_before_it_has_its_handlers_ends_too(tmp_path):
    line = [sys.executable, "-c", YOUNG, str(free_ports()[0])]
    environ = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    with subprocess.Popen(line, env=environ, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "forked\n"

        process.terminate()

        try:
            assert process.wait(20) == 0  # gunicorn would kill the worker after 30 s
        finally:
            process.kill()


def test_an_idle_connection_is_kept_longer_than_a_load_balancer_keeps_it():
    given = {
        "DATABASE_URL": "postgresql://x",
        "KAFKA_BOOTSTRAP_SERVERS": "x:1",
        "ISSUER": "https://x",
    }

    server = _Gunicorn(Service(name="sample", package="sample"), Settings.load("sample", given))

    assert server.cfg.keepalive > 60


ENDING = """
import os, sys
from pathlib import Path
from chassis.run import serve
from chassis.service import Service
from chassis.core.settings import Settings

def run(_gunicorn):
    worker = os.fork()
    if not worker:
        sys.exit(0)  # as gunicorn ends a worker: all the way up through `serve`
    os.waitpid(worker, 0)
    print(Path(os.environ["PROMETHEUS_MULTIPROC_DIR"]).is_dir())

serve._Gunicorn.run = run
settings = Settings(database_url="x", kafka_bootstrap_servers="x", issuer="x")
serve.serve(Service(name="sample", package="sample"), settings)
print(Path(os.environ["PROMETHEUS_MULTIPROC_DIR"]).exists())
"""


def test_a_worker_that_ends_leaves_the_metrics_to_the_others():
    said = subprocess.run(
        [sys.executable, "-c", ENDING], capture_output=True, text=True, check=True
    )

    assert said.stdout.split() == ["True", "False"]


BUILT = """
import sys
from threading import Event, Thread
from chassis.core.settings import Settings
from chassis.data.db import Database
from chassis.process import Process
from chassis.run.serve import require_safe_fork
from chassis.service import Service

settings = Settings(database_url="postgresql://x", kafka_bootstrap_servers="x", issuer="x")
service = Service(name="sample", package="sample", resources=lambda _database, _settings: object())
process = Process(service, settings, Database("postgresql://x", watched=True))
require_safe_fork(process)
exec(sys.argv[1])
require_safe_fork(process)
"""


@pytest.mark.parametrize(
    "made", ["process.resources", "Thread(target=Event().wait, daemon=True).start()"]
)
def test_serve_refuses_to_fork_what_a_fork_breaks(made):
    ended = subprocess.run(
        [sys.executable, "-c", BUILT, made], capture_output=True, text=True, check=False
    )

    assert ended.returncode == 1
    assert "made before the fork" in ended.stderr
