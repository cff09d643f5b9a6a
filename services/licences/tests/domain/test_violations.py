"""The life of a violation, as rules over its course."""

from datetime import date, timedelta

import pytest

from chassis.core import contracts
from chassis.core.refusals import IllegalTransition
from chassis.core.states import state
from licences.domain import violations as rules
from licences.domain.fines import Table
from licences.domain.violations import (
    ENDED,
    LIFE,
    PAYABLE,
    TITLES,
    Action,
    AnotherPerson,
    Course,
    Earlier,
    NoWarning,
    ObjectionTooLate,
    Status,
    WarningFirst,
)

TABLE = Table.read(contracts.read("reference/violations.yaml"))
WARNED_FIRST, FINED_AT_ONCE = TABLE.items["3001"], TABLE.items["1001"]
TODAY = date(2026, 11, 25)
LATER = TODAY + timedelta(days=30)


def reaches(status: Status) -> set[Status]:
    found, todo = set[Status](), [status]
    while todo:
        here = todo.pop()
        for ways in LIFE.steps.values():
            if (there := ways.get(here)) is not None and there not in found:
                found.add(there)
                todo.append(there)
    return found


@pytest.mark.parametrize("status", [one for one in Status if one not in ENDED])
def test_every_status_leads_to_an_end(status: Status) -> None:
    assert reaches(status) & ENDED


@pytest.mark.parametrize("status", sorted(ENDED))
def test_an_end_leads_nowhere(status: Status) -> None:
    assert reaches(status) == set()


def test_every_status_is_reached_from_the_first() -> None:
    assert reaches(Status.OBSERVED) | {Status.OBSERVED} == set(Status)


@pytest.mark.parametrize("status", Status)
def test_every_status_has_its_words(status: Status) -> None:
    assert state("violation", status).words.ar


def test_every_action_has_its_title() -> None:
    assert set(TITLES) >= set(Action)


def test_the_first_time_there_is_a_warning_where_the_item_says_so() -> None:
    observed = Course(Status.OBSERVED)

    assert rules.warn(observed, WARNED_FIRST, Earlier()).status is Status.WARNED
    with pytest.raises(WarningFirst):
        rules.confirm(observed, WARNED_FIRST, Earlier(), correct_until=None, today=TODAY)


@pytest.mark.parametrize("earlier", [Earlier(fined=1), Earlier(warned=1)])
def test_whoever_did_it_before_isnt_warned_again(earlier: Earlier) -> None:
    observed = Course(Status.OBSERVED)

    with pytest.raises(NoWarning):
        rules.warn(observed, WARNED_FIRST, earlier)
    after = rules.confirm(observed, WARNED_FIRST, earlier, correct_until=None, today=TODAY)
    assert after.status is Status.CONFIRMED


def test_an_item_without_a_warning_is_fined_at_once() -> None:
    observed = Course(Status.OBSERVED)

    with pytest.raises(NoWarning):
        rules.warn(observed, FINED_AT_ONCE, Earlier())
    after = rules.confirm(observed, FINED_AT_ONCE, Earlier(), correct_until=None, today=TODAY)
    assert after.status is Status.CONFIRMED


def test_the_record_waits_for_the_last_day_to_correct() -> None:
    warned = Course(Status.WARNED)

    with pytest.raises(WarningFirst):
        rules.confirm(warned, WARNED_FIRST, Earlier(), correct_until=TODAY, today=TODAY)
    after = rules.confirm(
        warned, WARNED_FIRST, Earlier(), correct_until=TODAY, today=TODAY + timedelta(days=1)
    )
    assert after.status is Status.CONFIRMED


def test_a_second_sight_is_no_fine_while_the_first_ones_time_to_correct_runs() -> None:
    observed, earlier = Course(Status.OBSERVED), Earlier(warned=1, mends_until=TODAY)

    def confirm(today: date) -> Course:
        return rules.confirm(observed, WARNED_FIRST, earlier, correct_until=None, today=today)

    with pytest.raises(WarningFirst):
        confirm(TODAY)
    assert confirm(TODAY + timedelta(days=1)).status is Status.CONFIRMED


def test_what_was_corrected_after_a_warning_isnt_counted_as_a_repetition() -> None:
    assert Earlier(fined=0, warned=3).repetition == 1
    assert Earlier(fined=2, warned=3).repetition == 3


def test_an_objection_is_in_time_on_the_last_day_and_not_on_the_next() -> None:
    notified = rules.notify(Course(Status.CONFIRMED), LATER)

    assert rules.object_to(notified, LATER).status is Status.OBJECTED
    with pytest.raises(ObjectionTooLate):
        rules.object_to(notified, LATER + timedelta(days=1))


def test_a_fine_is_final_when_nobody_objected_in_time() -> None:
    notified = rules.notify(Course(Status.CONFIRMED), LATER)

    assert rules.become_final(notified, LATER) == notified
    final = rules.become_final(notified, LATER + timedelta(days=1))
    assert final.final
    with pytest.raises(ObjectionTooLate):
        rules.object_to(final, LATER + timedelta(days=1))


def test_a_judgment_is_final_and_cant_be_taken_to_court_again() -> None:
    upheld = rules.decide(Course(Status.OBJECTED), Action.UPHOLD, court_until=LATER)
    judged = rules.decide(rules.sue(upheld, TODAY), Action.REDUCE, court_until=LATER)

    assert (upheld.final, judged.final, judged.status) == (False, True, Status.REDUCED)
    with pytest.raises(ObjectionTooLate):
        rules.sue(judged, TODAY)


@pytest.mark.parametrize("status", PAYABLE)
def test_what_is_owed_can_be_paid_and_a_paid_fine_becomes_final_no_more(status: Status) -> None:
    paid = rules.pay(Course(status, until=LATER))

    assert paid.status is Status.PAID
    assert rules.become_final(paid, LATER + timedelta(days=9)) == paid


@pytest.mark.parametrize("status", [one for one in Status if one not in PAYABLE])
def test_what_isnt_owed_isnt_paid(status: Status) -> None:
    with pytest.raises(IllegalTransition):
        rules.pay(Course(status))


def test_a_refusal_names_what_is_possible() -> None:
    with pytest.raises(IllegalTransition) as caught:
        rules.advance(Course(Status.CONFIRMED), Action.PAY)

    assert caught.value.code == "violation_confirmed"
    assert {one["en"] for one in caught.value.params["next"]} == {"Notified", "Cancelled"}


def test_whoever_recorded_it_decides_nothing() -> None:
    with pytest.raises(AnotherPerson):
        rules.require_another("p_inspector", "p_other", "p_inspector")
    rules.require_another("p_officer", "p_inspector", None)
