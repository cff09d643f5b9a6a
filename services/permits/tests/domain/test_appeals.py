"""Within which days an owner appeals, and how an appeal ends."""

from datetime import date, timedelta

import pytest

from chassis.core.refusals import IllegalTransition, InvalidFields
from permits import catalogue
from permits.domain import actions, appeals
from permits.domain.appeals import Against, AppealRule, AppealTooLate, Days, NothingToAppeal, Status

DECIDED = date(2027, 1, 10)
LAST = date(2027, 3, 11)
TODAY = date(2027, 5, 1)
SIXTY = AppealRule(None, timedelta(60), timedelta(60), date(2020, 1, 1), None)


def days(
    noticed_on: date | None = None,
    filed_on: date | None = None,
    *,
    against: Against = Against.CANCELLATION,
    rules: tuple[AppealRule, ...] = (SIXTY,),
) -> Days:
    return appeals.days_of(
        *(against, DECIDED), noticed_on=noticed_on, filed_on=filed_on, rules=rules, today=TODAY
    )


def test_the_last_of_sixty_days_is_in_time_and_the_day_after_names_it() -> None:
    assert days(filed_on=LAST) == Days(DECIDED, LAST, LAST + timedelta(60))

    with pytest.raises(AppealTooLate) as caught:
        days(filed_on=LAST + timedelta(1))
    assert caught.value.params == {"last_day": LAST, "last_day_hijri": "1448/10/03"}


def test_the_days_run_from_the_notice_where_it_came_later() -> None:
    assert days(noticed_on=date(2027, 3, 2)).filed_on == TODAY

    with pytest.raises(AppealTooLate):
        days(noticed_on=date(2027, 3, 1))


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"noticed_on": DECIDED - timedelta(1)}, ("noticed_on", "before-decision")),
        ({"noticed_on": TODAY + timedelta(1)}, ("noticed_on", "future-date")),
        ({"filed_on": DECIDED - timedelta(1)}, ("filed_on", "before-notice")),
        ({"filed_on": TODAY + timedelta(1)}, ("filed_on", "future-date")),
    ],
)
def test_days_that_cannot_be_are_named(given: dict[str, date], fault: tuple[str, str]) -> None:
    with pytest.raises(InvalidFields) as caught:
        days(**given)

    assert [(one.field, one.code) for one in caught.value.faults] == [fault]


def test_the_last_rule_that_covers_the_decision_counts_and_without_one_there_is_no_appeal() -> None:
    longer = AppealRule(frozenset(["rejection"]), timedelta(90), timedelta(30), DECIDED, None)
    ended = AppealRule(None, timedelta(9), timedelta(9), date(2020, 1, 1), DECIDED - timedelta(1))

    found = days(filed_on=LAST + timedelta(9), against=Against.REJECTION, rules=(SIXTY, longer))
    assert found.decide_by == LAST + timedelta(39)
    with pytest.raises(AppealTooLate):
        days(filed_on=LAST + timedelta(9), rules=(SIXTY, longer))
    with pytest.raises(NothingToAppeal):
        days(rules=(longer, ended))


@pytest.mark.parametrize("status", [one for one in Status if one is not Status.RECEIVED])
def test_an_appeal_ends_once(status: Status) -> None:
    assert appeals.end("received", status) is status

    with pytest.raises(IllegalTransition):
        appeals.end(status, Status.ACCEPTED)


def test_an_appeal_is_overdue_after_its_day_and_only_while_it_is_undecided() -> None:
    assert not appeals.is_overdue("received", TODAY, TODAY)
    assert appeals.is_overdue("received", TODAY, TODAY + timedelta(1))
    assert not appeals.is_overdue("rejected", TODAY, TODAY + timedelta(1))


def test_the_table_has_words_and_days_for_each_decision() -> None:
    assert set(catalogue.appeal_titles()) == set(map(str, Against))
    assert set(appeals.MADE_BY.values()) <= set(actions.TITLES)
    for against in Against:
        assert any(rule.covers(against, TODAY) for rule in catalogue.appeal_rules())
    duty = next(one for one in catalogue.duties() if one.then == appeals.DECIDE)
    assert duty.first == set(appeals.MADE_BY.values())
