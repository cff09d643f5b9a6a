"""Separation of duties: one person doesn't do both acts. The rules, and the table."""

from datetime import date
from itertools import product

import pytest

from chassis.core import contracts
from permits import catalogue
from permits.domain import actions, actors
from permits.domain.actors import Done, Duty, DutyRule, Mode

TODAY = date(2026, 11, 24)
BRANCHES = [one["code"] for one in contracts.read("reference/places.yaml")["municipalities"]]
DUTY = Duty("d", "س", "d", frozenset(("first", "too")), "then")


def done(*acts: tuple[str, str]) -> list[Done]:
    return [Done(action, subject, None) for action, subject in acts]


@pytest.mark.parametrize(
    ("acts", "subject", "breaks"),
    [
        ([("first", "a")], "a", True),
        ([("too", "a")], "a", True),
        ([("first", "a")], "b", False),
        ([("other", "a")], "a", False),
        ([("first", "b"), ("first", "a")], "a", True),
        ([], "a", False),
    ],
)
def test_a_duty_is_broken_by_the_person_who_did_what_comes_before(
    acts: list[tuple[str, str]], subject: str, breaks: bool
) -> None:
    assert (actors.broken_duty([DUTY], "then", subject, done(*acts)) is DUTY) == breaks
    assert actors.broken_duty([DUTY], "elsewhere", subject, done(*acts)) is None


def test_what_was_done_before_the_request_went_back_counts_no_more() -> None:
    acts = done(("first", "a"), ("return", "b"), ("first", "b"))

    assert actors.broken_duty([DUTY], "then", "a", actors.this_round(acts)) is None
    assert actors.broken_duty([DUTY], "then", "b", actors.this_round(acts)) is DUTY


def test_what_no_rule_covers_is_refused_and_the_last_that_does_counts() -> None:
    everywhere = DutyRule(None, Mode.REFUSE, date(2026, 1, 1), None)
    small = DutyRule(frozenset({"anak"}), Mode.WARN, date(2026, 2, 1), date(2026, 12, 31))

    assert actors.mode_of([], "anak", TODAY) is Mode.REFUSE
    assert actors.mode_of([small], "anak", date(2026, 1, 31)) is Mode.REFUSE
    assert actors.mode_of([everywhere, small], "anak", TODAY) is Mode.WARN
    assert actors.mode_of([everywhere, small], "anak", date(2027, 1, 1)) is Mode.REFUSE
    assert actors.mode_of([everywhere, small], "safwa", TODAY) is Mode.REFUSE


def test_the_table_names_acts_of_the_history_and_known_branches() -> None:
    for duty in catalogue.duties():
        assert duty.first <= set(actions.TITLES)
        assert duty.then in actions.TITLES
        assert duty.ar
        assert duty.en
    for rule in catalogue.duty_rules():
        assert rule.branches is None or rule.branches <= set(BRANCHES)


def test_every_duty_has_the_words_of_its_refusal() -> None:
    problem = contracts.problem_types()["types"]["duties-separated"]

    assert set(problem["codes"]) == {duty.code for duty in catalogue.duties()}


@pytest.mark.parametrize(("duty", "branch"), list(product(catalogue.duties(), BRANCHES)))
def test_each_branch_refuses_or_warns_as_the_file_says(duty: Duty, branch: str) -> None:
    mode = actors.mode_of(catalogue.duty_rules(), branch, TODAY)

    assert mode == ("warn" if branch == "umm-al-hamam" else "refuse")
