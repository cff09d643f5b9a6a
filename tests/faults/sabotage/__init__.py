"""Deliberate bugs, each of which the checker has to name; a harness that was never seen to fail proves nothing.

`python -m tests.faults.sabotage NAME PACKAGE ROLE...` runs a service's process with one bug patched into it. The
product has no switch for that: the patches live here, and only a process that the harness starts has them. Where
a bug needs a moment to show, the patch makes that moment longer, as a busy machine would.
"""

from . import (
    in_consumer,
    in_entries,
    in_feed,
    in_health_certs,
    in_licences,
    in_notify,
    in_payments,
    in_registers,
    in_relay,
    in_serve,
)
from .bug import SABOTAGES, Sabotage, command

__all__ = [
    "SABOTAGES",
    "Sabotage",
    "command",
    "in_consumer",
    "in_entries",
    "in_feed",
    "in_health_certs",
    "in_licences",
    "in_notify",
    "in_payments",
    "in_registers",
    "in_relay",
    "in_serve",
]
