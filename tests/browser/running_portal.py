"""The portal as a process of its own, for tests in a browser."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import requests
from portal_things import INQUIRY_KEY

from portal.settings import ASKED

_PORTAL = (sys.executable, "-m", "portal")
# The keys of the portal's clients, whose public halves stand in a test's register.
KEYS = {
    name: letter * 42 + "M"
    for name, letter in {
        "COMPANY": "P",
        "DESK": "D",
        "CITIZENS": "C",
        "CENTRES": "E",
        "MUNICIPALITIES": "G",
        "SYSTEM": "H",
    }.items()
}


def portal_environment(
    site: Any,
    database_url: str,
    port: int,
    *,
    services_url: str = "http://127.0.0.1:1",
    **more: str,
) -> dict[str, str]:
    """Returns the settings of a portal at a port of this machine, beside the running identity of `site`. It asks its
    services at `services_url`; nothing listens at the default."""
    return {
        **os.environ,
        "PORTAL_DATABASE_URL": database_url,
        "PORTAL_SEALING_KEY": "S" * 43,
        "PORTAL_BLIND_INDEX_KEY": "B" * 43,
        "PORTAL_INQUIRY_KEY": INQUIRY_KEY,
        **{f"PORTAL_{name}_CLIENT_KEY": key for name, key in KEYS.items()},
        **dict.fromkeys((f"PORTAL_{name.upper()}_URL" for name in ASKED), services_url),
        "PORTAL_PUBLIC_URL": f"http://localhost:{port}",
        "PORTAL_PORT": str(port),
        "PORTAL_REVOCATION_STALENESS_SECONDS": "0",
        "PORTAL_WORKERS": "1",
        "PORTAL_THREADS": "4",
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "ISSUER": site.issuer,
        **more,
    }


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
