"""The walk catches each deliberate bug by its name. Not part of `make test`, because each search takes seconds:
`pytest services/reports/tests/walks_with_bugs.py`.
"""

from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from chassis.testing_walks import walk_settings

from .report_bugs import BUGS
from .test_report_walks import house  # noqa: F401 - a fixture
from .walking_reports import House, Life

SEARCH = settings(walk_settings(60), phases=[Phase.generate])


@pytest.mark.parametrize("name", BUGS)
def test_the_walk_catches_a_bug(name: str, house: House, monkeypatch: Any) -> None:  # noqa: F811
    BUGS[name](monkeypatch)

    with pytest.raises(AssertionError):
        run_state_machine_as_test(lambda: Life(house), settings=SEARCH)
