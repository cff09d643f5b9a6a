"""An address that a service with pages vouches for: believed with the key, for a minute."""

from datetime import UTC, datetime, timedelta

import pytest

from chassis.core.vouched_addresses import vouch_for, vouched_address

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
NOW = datetime(2026, 11, 29, 21, 0, tzinfo=UTC)


def test_the_holder_of_the_key_is_believed():
    assert vouched_address(vouch_for("203.0.113.7", KEY, NOW), KEY, NOW) == "203.0.113.7"


@pytest.mark.parametrize(
    "header",
    [
        "",
        " ",
        "203.0.113.7",
        "1796000000 203.0.113.7 x",
        "١ ٢ ٣",
        vouch_for("203.0.113.7", OTHER_KEY, NOW),
        vouch_for("203.0.113.7", KEY, NOW).replace("203", "204"),
    ],
)
def test_nobody_else_is_believed(header):
    assert vouched_address(header, KEY, NOW) is None
    assert vouched_address(header, None, NOW) is None


@pytest.mark.parametrize(("seconds", "counts"), [(60, True), (-60, True), (61, False)])
def test_a_header_counts_for_a_minute(seconds, counts):
    header = vouch_for("203.0.113.7", KEY, NOW)

    found = vouched_address(header, KEY, NOW + timedelta(seconds=seconds))

    assert (found is not None) is counts
