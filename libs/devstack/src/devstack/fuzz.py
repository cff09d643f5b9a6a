"""Schemathesis with all its checks against each service of the running system."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from chassis.core import contracts
from devstack.machine import ROOT, say
from devstack.services import declared
from devstack.token import access_token


def fuzz(system: dict[str, Any], examples: int) -> int:
    """Answers how many services failed. Each gets a token of its own, good for five minutes."""
    failed, who = 0, {one.name: one.sample.fuzzed_by for one in declared()}
    # The issuer last: what is tried on its sign-in page locks this address out of it for a while.
    for name, service in reversed(system["services"].items()):
        if not contracts.operation_ids(name):
            continue  # it has pages only
        say(f"fuzz: {name}")
        token = access_token(system, who[name], name)
        command = [
            str(Path(sys.executable).parent / "schemathesis"), "run", service["openapi"],
            "--header", f"Authorization: Bearer {token}", "--checks", "all",
            "--max-examples", str(examples), "--no-color", "--continue-on-failure",
        ]  # fmt: skip
        failed += subprocess.run(command, cwd=ROOT, check=False).returncode != 0
    return failed
