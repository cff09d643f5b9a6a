"""The code that a public form sent to a mobile."""

from datetime import UTC, datetime

from portal.domain.codes import has_code

NOW = datetime(2026, 11, 30, 21, 30, tzinfo=UTC)
FORM = {"sent": {"mobile": "0500000001", "expires_at": "2026-11-30T21:35:00Z"}}
MOBILE = {"mobile": "0500000001"}


def test_a_code_counts_for_the_mobile_to_which_it_was_sent_until_it_ends():
    assert has_code(FORM, MOBILE, NOW)
    assert not has_code(FORM, {"mobile": "0500000002"}, NOW)
    assert not has_code(FORM, MOBILE, datetime(2026, 11, 30, 21, 36, tzinfo=UTC))
    assert not has_code({"sent": None}, MOBILE, NOW)
