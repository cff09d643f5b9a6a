"""The counter's forms, without HTTP and without a database."""

from datetime import UTC, datetime

import pytest

from portal.domain.counter import closure_body, has_same_closure, read_closure, read_filters

NOW = datetime(2026, 11, 30, 21, 30, tzinfo=UTC)  # 00:30 on 1 December in Riyadh
TYPED = read_closure(
    {"municipality": "saihat", "day": "١٤٤٨/٦/٢١", "from": "٠٨:٠٠", "until": "14:00"}
)
CLOSURE = {
    "department_id": None,
    "starts_at": "2026-12-01T05:00:00Z",
    "ends_at": "2026-12-01T11:00:00Z",
    "lifted_at": None,
}


def test_the_day_without_a_choice_is_today_in_riyadh():
    assert read_filters({}, NOW)["day"] == "2026-12-01"


@pytest.mark.parametrize(("typed", "counter"), [("٢", "2"), ("100", ""), ("x", ""), ("", "")])
def test_the_own_counter_has_two_digits_at_the_most(typed, counter):
    assert read_filters({"counter": typed}, NOW)["counter"] == counter


def test_a_closure_is_written_in_either_calendar_and_either_digits():
    body, unread = closure_body(TYPED)

    assert unread == []
    assert body["starts_at"] == "2026-12-01T08:00:00+03:00"
    assert body["ends_at"] == "2026-12-01T14:00:00+03:00"
    assert "department_id" not in body


def test_what_cannot_be_read_is_named_at_once():
    _, unread = closure_body({**TYPED, "day": "", "from": "8", "until": "24:00"})

    assert unread == ["day", "from", "until"]


def test_the_same_span_of_the_same_department_stands_already():
    body, _ = closure_body(TYPED)

    assert has_same_closure(body, [CLOSURE])
    assert not has_same_closure({**body, "department_id": "d"}, [CLOSURE])
    assert not has_same_closure(body, [{**CLOSURE, "lifted_at": "2026-11-30T08:00:00Z"}])
    assert not has_same_closure(body, [{**CLOSURE, "ends_at": "2026-12-01T10:00:00Z"}])
