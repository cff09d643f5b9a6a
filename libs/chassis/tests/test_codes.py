"""The rules of one-time codes."""

from datetime import UTC, datetime, timedelta

import pytest

from chassis.core import codes
from chassis.core.codes import CodeState, Verdict

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)


def test_a_code_has_six_digits_also_when_it_begins_with_noughts() -> None:
    assert codes.new_code(lambda _below: 7) == "000007"
    assert codes.new_code(lambda below: below - 1) == "999999"


@pytest.mark.parametrize(
    ("sent", "right", "verdict"),
    [
        (CodeState(NOW + timedelta(seconds=1), 0), True, Verdict.RIGHT),
        (CodeState(NOW + timedelta(seconds=1), 4), True, Verdict.RIGHT),
        (CodeState(NOW + timedelta(seconds=1), 4), False, Verdict.WRONG),
        (CodeState(NOW + timedelta(seconds=1), 5), True, Verdict.OVER),
        (CodeState(NOW, 0), True, Verdict.OVER),
    ],
)
def test_a_try_is_judged(sent: CodeState, right: bool, verdict: Verdict) -> None:
    assert codes.judge(sent, right=right, most_tries=5, now=NOW) is verdict
