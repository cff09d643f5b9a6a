"""The sample as it's deployed: `migrate`, then `serve`, with what its environment says and defaults for the rest."""

import json
import os
import socket
import subprocess
import sys
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import requests

HERE = Path(__file__).parent
KEYS = {
    name: urlsafe_b64encode(name.encode().ljust(32, b"k")).decode()
    for name in ("sealing_key", "blind_index_key")
}


@dataclass
class Served:
    process: subprocess.Popen
    public: str
    ops: str


def free_ports():
    with (
        socket.create_server(("127.0.0.1", 0)) as one,
        socket.create_server(("127.0.0.1", 0)) as two,
    ):
        return one.getsockname()[1], two.getsockname()[1]


def until(condition, *, seconds=90):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@contextmanager
def issuer(public_key) -> Iterator[str]:
    """An issuer that gives out its keys; answers its address."""
    body = json.dumps({"keys": [public_key.as_dict(private=False)]}).encode()

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


def environment(database_url: str, **settings) -> dict[str, str]:
    basic = {
        "PYTHONPATH": str(HERE),
        "CONTRACTS_DIR": str(HERE / "contracts"),
        "DATABASE_URL": database_url,
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
    }
    return {**os.environ, **basic, **{name: str(value) for name, value in settings.items()}}


def command(environ: dict[str, str], *words: str) -> subprocess.CompletedProcess:
    """A command of the sample, to its end."""
    line = [sys.executable, "-m", "sample", *words]
    return subprocess.run(line, env=environ, capture_output=True, text=True, check=False)


@contextmanager
def served(environ: dict[str, str], module: str = "sample") -> Iterator[Served]:
    """`serve` with these settings, from the moment when it's ready."""
    port, ops = free_ports()
    environ = {**environ, "PORT": str(port), "OPS_PORT": str(ops)}
    process = subprocess.Popen([sys.executable, "-m", module, "serve"], env=environ)
    one = Served(process, f"http://127.0.0.1:{port}", f"http://127.0.0.1:{ops}")
    try:
        until(lambda: process.poll() is not None or _is_ready(one))
        yield one
    finally:
        process.terminate()
        process.wait(20)


def _is_ready(one: Served) -> bool:
    try:
        return requests.get(f"{one.ops}/readyz", timeout=10).status_code == 200
    except (requests.ConnectionError, requests.Timeout):
        return False
