"""The stand-in for the outside bodies (devstack.outside_bodies), as a process of the system beside licences."""

import sys
from collections.abc import Mapping
from typing import Any

from devstack.machine import ROOT, free_port
from devstack.processes import Supervisor

NAME = "outside-bodies"


class OutsideStandIn:
    """Its port is of this run; what it was told it forgets with its process."""

    def __init__(self) -> None:
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"

    def environment(self) -> dict[str, str]:
        """What licences has to know, without its prefix. What is waited for is asked again every two seconds, so that
        somebody who tries it sees a fact arrive."""
        return {
            "OUTGOING_PRIVATE_HOSTS": f"127.0.0.1:{self._port}",
            "OUTSIDE_BODIES_URL": self.url,
            "OUTSIDE_AGAIN_SECONDS": "2",
        }

    def start(self, supervisor: Supervisor, environment: Mapping[str, str]) -> None:
        """Starts it and waits until it answers. `environment` is that of licences, of which it gets nothing secret."""
        command = [sys.executable, "-m", "devstack.outside_bodies", str(self._port)]
        own = {name: text for name, text in environment.items() if not name.startswith("LICENCES_")}
        supervisor.start(NAME, command, own, cwd=ROOT)
        supervisor.wait_ready(NAME, f"{self.url}/readyz")
        supervisor.keep(NAME)

    def description(self) -> dict[str, Any]:
        """Its part of system.json: where it is told what it answers, and the switches."""
        return {
            "url": self.url,
            "records": f"{self.url}/records",
            "faults": f"{self.url}/faults",
        }
