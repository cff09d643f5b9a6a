"""The stand-in for both SMS providers (devstack.sms_provider), as a process of the system beside notify."""

import json
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from devstack.machine import ROOT, free_port
from devstack.processes import Supervisor
from devstack.rooms import Room
from devstack.sms_provider.settings import STYLES

NAME = "sms-provider"
_CREDENTIALS = {"unifonic": "UNIFONIC_APP_SID", "taqnyat": "TAQNYAT_TOKEN"}


class SmsStandIn:
    """Its ports and keys are of this run; its ledger lies in the folder of the data and survives a kill."""

    def __init__(self, notify: Room) -> None:
        self._notify = notify
        self._ports = {name: free_port() for name in STYLES}
        self._credentials = {name: secrets.token_urlsafe(24) for name in STYLES}
        self.url = f"http://127.0.0.1:{(port := free_port())}"
        self._port = port

    def environment(self) -> dict[str, str]:
        """What notify has to know, without its prefix. Both providers tell the fate of a reference and take one once;
        `POST /faults` turns that off, and then notify has to be told so too."""
        hosts = [f"127.0.0.1:{port}" for port in self._ports.values()]
        found = {"OUTGOING_PRIVATE_HOSTS": ",".join(hosts)}
        for name, port in self._ports.items():
            found[f"{name.upper()}_URL"] = f"http://127.0.0.1:{port}"
            found[_CREDENTIALS[name]] = self._credentials[name]
            found |= {f"{name.upper()}_{ability}": "true" for ability in ("QUERIED", "ONCE")}
        return found

    def start(self, supervisor: Supervisor, folder: Path, environment: Mapping[str, str]) -> None:
        """Starts it and waits until it answers. `environment` is notify's, with the keys of receipts; `folder` is for
        the ledger and the configuration, which only its owner reads."""
        providers = {
            name: {
                "port": port,
                "credential": self._credentials[name],
                "receipt_token": environment[f"NOTIFY_{name.upper()}_RECEIPT_KEY"],
            }
            for name, port in self._ports.items()
        }
        config = folder / "sms-provider.json"
        config.touch(mode=0o600)
        config.write_text(
            json.dumps(
                {
                    "port": self._port,
                    "ledger": str(folder / "sms-ledger.jsonl"),
                    "receipts": f"{self._notify.url}/v1/receipts",
                    "providers": providers,
                }
            ),
            "utf-8",
        )
        command = [sys.executable, "-m", "devstack.sms_provider", str(config)]
        own = {name: text for name, text in environment.items() if not name.startswith("NOTIFY_")}
        supervisor.start(NAME, command, own, cwd=ROOT)
        supervisor.wait_ready(NAME, f"{self.url}/readyz")
        supervisor.keep(NAME)

    def description(self) -> dict[str, Any]:
        """Its part of system.json: the page of the telephones, the ledger, the switches."""
        return {
            "url": self.url,
            "ledger": f"{self.url}/ledger",
            "faults": f"{self.url}/faults",
            "providers": {name: f"http://127.0.0.1:{port}" for name, port in self._ports.items()},
        }
