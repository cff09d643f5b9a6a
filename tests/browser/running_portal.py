"""The portal as a process of its own, for tests in a browser."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import requests

_PORTAL = (sys.executable, "-m", "portal")


@contextmanager
def running_portal(environment: Mapping[str, str]) -> Iterator[None]:
    """Migrates the portal's database, and serves its pages until the end of the block."""
    subprocess.run([*_PORTAL, "migrate"], env=environment, check=True)
    server = subprocess.Popen([*_PORTAL, "serve"], env=environment)
    try:
        _wait_until_it_answers(environment["PORTAL_PUBLIC_URL"], server)
        yield
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(45)


def _wait_until_it_answers(url: str, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline and server.poll() is None:
        try:
            if requests.get(url + "/", timeout=2).ok:
                return
        except requests.RequestException:
            time.sleep(0.1)
    raise AssertionError("the portal doesn't answer")
