"""Walks over three reports (walking_reports.py), and the deliberate bugs (report_bugs.py) that they catch by name: a
story plays the few steps that show the harm."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from chassis.process import Process
from chassis.testing_walks import WalkDatabase, require_broken_promise, take_walks
from reports.app import SERVICE

from .report_bugs import BUGS
from .walking_reports import TALLY, Life, WalkFixtures

# Of the rules' `which`: the report itself, whatever state it is in.
FIRST, SECOND = 0, 4


@pytest.fixture
def fixtures(
    session: Any, database: Any, officer: Any, person: Any, new_report: Any, settings: Any
) -> WalkFixtures:
    process = Process(SERVICE, settings, database)
    return WalkFixtures(WalkDatabase(session, database), officer, person, new_report, process)


def test_no_order_of_commands_does_what_the_rules_forbid(fixtures: WalkFixtures) -> None:
    take_walks(
        partial(Life, fixtures),
        TALLY,
        connection=fixtures.database.session.connection(),
        few=4,
        steps=30,
    )


def take_the_work_from_a_contractor(walk: Life) -> None:
    walk.start(FIRST, "al-amal")
    walk.start(FIRST, None)


def file_only(walk: Life) -> None:
    walk.time_passes(1)


def add_words_after_the_release(walk: Life) -> None:
    walk.release_words(FIRST, True)
    walk.another_system_adds_words(FIRST)


def release_and_withhold(walk: Life) -> None:
    walk.release_words(FIRST, True)
    walk.withhold_words(FIRST)


def wait_for_another_body(walk: Life) -> None:
    walk.link(FIRST)


def close_and_reopen(walk: Life) -> None:
    walk.treat_and_close(FIRST)
    walk.reopen(FIRST)


def rate_and_start_anew(walk: Life) -> None:
    walk.treat_and_close(FIRST)
    walk.rate(FIRST, 5)
    walk.reopen(FIRST)
    walk.start(FIRST, None)


def close_and_reopen_thrice(walk: Life) -> None:
    for _ in range(3):
        walk.treat_and_close(FIRST)
        walk.reopen(FIRST)


def be_late(walk: Life) -> None:
    walk.the_deadlines_fire(200)


def wait_with_a_duplicate(walk: Life) -> None:
    walk.merge(FIRST, SECOND)
    walk.link(SECOND)


def start_another_departments_work(walk: Life) -> None:
    walk.a_department_starts_what_it_may_no_longer_have(FIRST, "lighting")


STORIES: dict[str, Callable[[Life], None]] = {
    "a_replaced_contractor_keeps_the_work": take_the_work_from_a_contractor,
    "words_are_public_at_once": file_only,
    "an_update_is_public_at_once": add_words_after_the_release,
    "withheld_words_stay_public": release_and_withhold,
    "the_clock_runs_on_while_an_outside_body_has_it": wait_for_another_body,
    "a_reopening_sets_the_clock_back": close_and_reopen,
    "a_deadline_arms_itself_in_the_past": be_late,
    "a_duplicate_keeps_its_own_due_time": wait_with_a_duplicate,
    "a_rating_outlives_the_treatment": rate_and_start_anew,
    "a_report_is_reopened_for_ever": close_and_reopen_thrice,
    "a_department_acts_beyond_its_reach": start_another_departments_work,
}
# The promise that each bug breaks.
PROMISES = {
    "a_replaced_contractor_keeps_the_work": "another one has the work",
    "words_are_public_at_once": "words are public before an officer read them",
    "an_update_is_public_at_once": "an update is public before an officer read it",
    "withheld_words_stay_public": "words are public before an officer read them",
    "the_clock_runs_on_while_an_outside_body_has_it": "filing or due day moved",
    "a_reopening_sets_the_clock_back": "filing or due day moved",
    "a_deadline_arms_itself_in_the_past": "a deadline armed itself in the past",
    "a_duplicate_keeps_its_own_due_time": "the clock runs while somebody outside acts",
    "a_rating_outlives_the_treatment": "a rating outlives its treatment",
    "a_report_is_reopened_for_ever": "reopen: the model says False, None",
    "a_department_acts_beyond_its_reach": "start: the model says False, None",
}


def play(fixtures: WalkFixtures, story: Callable[[Life], None]) -> None:
    walk = Life(fixtures)
    try:
        story(walk)
        walk.what_always_holds()
    finally:
        walk.teardown()


@pytest.mark.parametrize("name", BUGS)
def test_a_story_is_fine_until_a_bug_is_put_in(
    name: str, fixtures: WalkFixtures, monkeypatch: Any
) -> None:
    story = STORIES[name]
    play(fixtures, story)

    require_broken_promise(monkeypatch, BUGS[name], PROMISES[name], lambda: play(fixtures, story))
