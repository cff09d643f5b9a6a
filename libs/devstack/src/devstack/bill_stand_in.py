"""The stand-in for the national bill system (devstack.bill_provider), as a process of the system beside payments."""

import json
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from devstack.machine import ROOT, free_port
from devstack.processes import Supervisor
from devstack.rooms import Room

NAME = "bill-provider"


class BillStandIn:
    """Its port and keys are of this run; its ledger lies in the folder of the data and survives a kill."""

    def __init__(self, payments: Room) -> None:
        self._payments = payments
        self._port = free_port()
        self._token = secrets.token_urlsafe(24)
        self.url = f"http://127.0.0.1:{self._port}"

    def environment(self) -> dict[str, str]:
        """What payments has to know, without its prefix."""
        return {
            "OUTGOING_PRIVATE_HOSTS": f"127.0.0.1:{self._port}",
            "PROVIDER_URL": self.url,
            "PROVIDER_TOKEN": self._token,
        }

    def start(self, supervisor: Supervisor, folder: Path, environment: Mapping[str, str]) -> None:
        """Starts it and waits until it answers. `environment` is that of payments, with the key of notices; `folder` is
        for the ledger and the configuration, which only its owner reads."""
        config = folder / "bill-provider.json"
        config.touch(mode=0o600)
        facts = {
            "port": self._port,
            "ledger": str(folder / "bill-ledger.jsonl"),
            "notices": f"{self._payments.url}/v1/payment-notices",
            "notice_key": environment["PAYMENTS_NOTICE_KEY"],
            "token": self._token,
        }
        config.write_text(json.dumps(facts), "utf-8")
        command = [sys.executable, "-m", "devstack.bill_provider", str(config)]
        own = {name: text for name, text in environment.items() if not name.startswith("PAYMENTS_")}
        supervisor.start(NAME, command, own, cwd=ROOT)
        supervisor.wait_ready(NAME, f"{self.url}/readyz")
        supervisor.keep(NAME)

    def description(self) -> dict[str, Any]:
        """Its part of system.json: the page, where a bill is paid, the ledger, the switches."""
        return {
            "url": self.url,
            "pay": f"{self.url}/pay",
            "ledger": f"{self.url}/ledger",
            "faults": f"{self.url}/faults",
        }
