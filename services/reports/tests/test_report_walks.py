"""Walks over three reports: walking_reports.py."""

from functools import partial
from typing import Any

import pytest

from chassis.process import Process
from chassis.testing_walks import take_walks
from reports.app import SERVICE

from .walking_reports import TALLY, House, Life


@pytest.fixture
def house(database: Any, officer: Any, person: Any, new_report: Any, settings: Any) -> House:
    return House(database, officer, person, new_report, Process(SERVICE, settings, database))


def test_no_order_of_commands_does_what_the_rules_forbid(house: House) -> None:
    take_walks(partial(Life, house), TALLY, few=4, steps=30)
