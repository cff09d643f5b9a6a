"""Times that would lose texts, or send them twice, are refused at the start."""

import pytest

from chassis.core.settings import SettingsError
from notify.settings import Settings


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("ask_after_seconds", -1),
        ("settle_seconds", -1),
        ("settle_seconds", 3_601),
        ("receipt_wait_seconds", -1),
        ("receipt_wait_seconds", float("nan")),
        ("patience_seconds", 0),
        ("patience_seconds", float("inf")),
    ],
)
def test_a_time_out_of_bounds_is_refused(name: str, wrong: float) -> None:
    variable = f"NOTIFY_{name.upper()}"

    with pytest.raises(SettingsError, match=f"{variable} is (below|not between)"):
        Settings.load("notify", {variable: str(wrong)})
