"""Walks over three reports (walking_reports.py), and the deliberate bugs that they catch, each by its name.

`WALKS` and `WALKS_SEED` walk longer: `WALKS=5000 WALKS_SEED=7 pytest services/reports/tests/test_report_walks.py -s`.
"""

import os
import sys
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from chassis.process import Process
from reports.app import SERVICE

from .walking_reports import TOOK_EFFECT, House, Life

WALKS, SEED = os.environ.get("WALKS"), os.environ.get("WALKS_SEED")
SHORT = settings(
    max_examples=4,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
LONG = settings(SHORT, max_examples=int(WALKS or 1), stateful_step_count=60, derandomize=False)


@pytest.fixture
def house(database: Any, officer: Any, person: Any, new_report: Any, settings: Any) -> House:
    return House(database, officer, person, new_report, Process(SERVICE, settings, database))


def test_no_order_of_commands_does_what_the_rules_forbid(house: House) -> None:
    walk = seed(int(SEED or 0))(partial(Life, house))

    run_state_machine_as_test(walk, settings=LONG if WALKS else SHORT)

    if WALKS:
        sys.stdout.write(f"{table()}\n{len(house.walks)} walks, {sum(house.walks)} effects\n")


def table() -> str:
    """Returns which commands took effect in which states, and how often."""
    lines = [f"{name:20} {status:18} {n}" for (name, status), n in sorted(TOOK_EFFECT.items())]
    return "\n" + "\n".join(lines)
