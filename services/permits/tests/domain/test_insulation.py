"""What counts of what was entered about insulation, in whatever order it arrives."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.testing_walks import walk_settings
from permits.domain.certificates import Stage
from permits.domain.insulation import (
    Ended,
    Fact,
    Numbered,
    Visit,
    count_facts,
    oddities,
    why_revoked,
)

START = datetime(2027, 3, 1, 9, tzinfo=UTC)


def visit(
    stage: str, result: str = "pass", *, day: int, entered: int | None = None, place: int = 0
) -> Visit:
    """A visit on a day, entered on that day or on another."""
    return Visit(
        at=START + timedelta(days=day if entered is None else entered),
        place=(place,),
        stage=Stage(stage),
        result=result,
        inspected_on=START.date() + timedelta(days=day),
    )


def numbered(number: str, day: int) -> Numbered:
    return Numbered(at=START + timedelta(days=day), place=(0,), number=number)


def ended(day: int, *, strict: bool = True) -> Ended:
    from_day = START.date() + timedelta(days=day) if strict else None
    return Ended(at=START + timedelta(days=day), place=(0,), visited_from=from_day)


PASSED: list[Fact] = [visit("walls", day=1), visit("roof", day=2), visit("windows", day=3)]


def test_three_passed_stages_and_a_number_make_insulation_in_any_order_of_arrival() -> None:
    for order in permutations([*PASSED, numbered("C/1", 4)]):
        assert count_facts(order).in_force


@pytest.mark.parametrize("left_out", range(3))
def test_without_a_stage_or_without_a_number_there_is_none(left_out: int) -> None:
    two = [fact for place, fact in enumerate(PASSED) if place != left_out]

    assert not count_facts([*two, numbered("C/1", 4)]).in_force
    assert not count_facts(PASSED).in_force


def test_a_number_may_come_before_the_last_stage() -> None:
    assert count_facts([numbered("C/1", 0), *PASSED]).number == "C/1"
    assert count_facts([numbered("C/1", 0), *PASSED]).in_force


def test_a_later_failure_takes_it_away_however_late_it_is_entered() -> None:
    found = count_facts([*PASSED, numbered("C/1", 4), visit("roof", "fail", day=3, entered=90)])

    assert found.missing == [Stage.ROOF]
    assert (found.in_force, found.number) == (False, None)


def test_a_failure_that_was_mended_before_changes_nothing() -> None:
    facts = [*PASSED, numbered("C/1", 4), visit("roof", "fail", day=1, entered=90)]

    assert count_facts(facts) == count_facts([*PASSED, numbered("C/1", 4)])


def test_of_one_day_the_visit_that_was_entered_last_counts() -> None:
    again = visit("roof", "fail", day=2, entered=3)

    assert count_facts([*PASSED, again]).missing == [Stage.ROOF]
    assert count_facts([again, *PASSED]).missing == [Stage.ROOF]


def test_after_a_failure_the_old_number_is_void_and_a_new_one_counts() -> None:
    mended = [*PASSED, numbered("C/1", 4), visit("roof", "fail", day=5), visit("roof", day=6)]

    assert count_facts(mended).missing == []
    assert not count_facts(mended).in_force
    assert count_facts([*mended, numbered("C/2", 7)]).number == "C/2"


def test_after_a_withdrawal_visits_and_number_begin_anew() -> None:
    withdrawn = [*PASSED, numbered("C/1", 4), ended(5)]
    anew = [visit(stage, day=6) for stage in ("walls", "roof", "windows")]

    assert count_facts(withdrawn).latest == {}
    assert not count_facts([*withdrawn, *anew]).in_force
    assert count_facts([*withdrawn, *anew, numbered("C/2", 7)]).in_force


def test_a_visit_from_before_the_withdrawal_does_not_count_though_it_is_entered_after() -> None:
    late = visit("walls", day=2, entered=9)

    assert count_facts([*PASSED, ended(5), late]).latest == {}
    assert count_facts([*PASSED, ended(5, strict=False), late]).latest == {Stage.WALLS: late}


def test_a_number_in_force_is_not_replaced_by_another() -> None:
    assert count_facts([*PASSED, numbered("C/1", 4), numbered("C/2", 5)]).number == "C/1"


MANY = walk_settings(100)
FACTS = st.lists(
    st.one_of(
        st.builds(
            visit,
            st.sampled_from(["walls", "roof", "windows"]),
            st.sampled_from(["pass", "pass", "fail"]),
            day=st.integers(0, 9),
            entered=st.integers(0, 20),
            place=st.integers(0, 10_000),
        ),
        st.builds(numbered, st.sampled_from(["C/1", "C/2"]), st.integers(0, 20)),
        st.builds(ended, st.integers(0, 20), strict=st.booleans()),
    ),
    max_size=14,
    unique_by=lambda fact: (fact.at, fact.place),
)


@MANY
@given(FACTS, st.randoms(use_true_random=False))
def test_what_counts_does_not_depend_on_the_order_of_arrival(
    facts: list[Fact], chance: Any
) -> None:
    shuffled = list(facts)
    chance.shuffle(shuffled)

    assert count_facts(shuffled) == count_facts(facts)


@MANY
@given(FACTS)
def test_insulation_in_force_has_three_passed_stages_and_no_later_failure(
    facts: list[Fact],
) -> None:
    found = count_facts(facts)

    if found.in_force:
        given_at = max(one.at for one in facts if isinstance(one, Numbered))
        assert {stage: one.result for stage, one in found.latest.items()} == dict.fromkeys(
            Stage, "pass"
        )
        for one in facts:
            if isinstance(one, Visit) and one.result == "fail":
                counts = found.latest[one.stage]
                assert one.at <= given_at or one.inspected_on <= counts.inspected_on


@MANY
@given(FACTS)
def test_from_any_state_three_visits_and_a_number_lead_to_insulation(facts: list[Fact]) -> None:
    way_out = [
        *(visit(stage, day=30, place=n) for n, stage in enumerate(("walls", "roof", "windows"))),
        numbered("C/9", 31),
    ]

    assert count_facts([*facts, *way_out]).in_force


DAY = date(2027, 3, 9)


@pytest.mark.parametrize(
    ("stage", "days", "u_value", "found"),
    [
        ("walls", {}, None, []),
        ("walls", {}, "0.34", []),
        ("windows", {}, None, ["out-of-order"]),
        ("windows", {"walls": DAY, "roof": DAY}, "2.67", []),
        ("windows", {"walls": DAY, "roof": DAY + timedelta(days=1)}, None, ["out-of-order"]),
        ("roof", {"walls": DAY}, "15", ["unusual-u-value"]),
        ("roof", {}, "0.05", ["out-of-order", "unusual-u-value"]),
    ],
)
def test_what_is_odd_about_a_visit_is_said_and_hinders_nothing(
    stage: str, days: dict[str, date], u_value: str | None, found: list[str]
) -> None:
    seen = {Stage(name): day for name, day in days.items()}
    value = Decimal(u_value) if u_value else None

    assert oddities(Stage(stage), DAY, seen, value) == found


def test_the_reason_of_a_late_revocation_names_the_stages_and_their_days() -> None:
    failed = [visit("walls", "fail", day=0), visit("roof", "fail", day=1)]

    assert why_revoked(failed) == (
        "لم تجتز المعاينة بعد الإصدار: الجدران (2027/03/01م)، السقف (2027/03/02م)."
    )
