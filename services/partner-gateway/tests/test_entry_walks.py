"""Walks over entries, answers, grants, permits and submissions in every order: the promises of walking_entries.py hold.
Each deliberate bug is caught by the promise that is named beside it.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from entering import ENERGISATIONS, INSPECTIONS
from sqlalchemy.dialects import postgresql
from walking_entries import TALLY, Entries, WalkFixtures

from chassis.testing_walks import (
    WalkDatabase,
    do_nothing,
    require_broken_promise,
    switch_off,
    take_walks,
)
from partner_gateway.commands import entries as commands
from partner_gateway.commands import projections, submissions
from partner_gateway.domain import applications, entries
from partner_gateway.domain.entries import Named
from partner_gateway.domain.grants import Grant
from partner_gateway.models import PartnerEntry


@pytest.fixture
def fixtures(
    session: Any, database: Any, context: Any, example: Any, sealed_state: Any, all_fields: Any
) -> WalkFixtures:
    kept = WalkDatabase(session, database)
    return WalkFixtures(kept, context, example, sealed_state, all_fields)


def test_no_order_of_events_breaks_a_promise(fixtures: WalkFixtures) -> None:
    take_walks(
        partial(Entries, fixtures),
        TALLY,
        connection=fixtures.database.session.connection(),
        few=3,
        steps=60,
    )


# ------------------------------------------------------------------------------------------------------- stories


def get_an_older_permit_late(walk: Entries) -> None:
    walk.begin()
    walk.publish_permit(0, "cancelled")
    walk.permit_arrives(0, 1)
    walk.permit_arrives(0, 0)


def get_an_older_grant_late(walk: Entries) -> None:
    walk.begin()
    walk.publish_grant("sec", "withdrawn", 300, both=True)
    walk.grant_arrives("sec", 1)
    walk.grant_arrives("sec", 0)
    walk.enter("sec", 0, ENERGISATIONS, by_id=False, ahead=0)


def enter_after_the_grants_last_day(walk: Entries) -> None:
    walk.begin()
    walk.publish_grant("sec", "active", 1, both=True)
    walk.grant_arrives("sec", 1)
    walk.come_to_midnight(-1)
    walk.enter("sec", 0, INSPECTIONS, by_id=True, ahead=0)


def enter_what_the_grant_does_not_name(walk: Entries) -> None:
    walk.begin()
    walk.publish_grant("sec", "active", 300, both=False)
    walk.grant_arrives("sec", 1)
    walk.enter("sec", 0, INSPECTIONS, by_id=True, ahead=0)


def enter_by_number(walk: Entries) -> None:
    walk.begin()
    walk.enter("sec", 1, INSPECTIONS, by_id=False, ahead=0)


def enter_for_tomorrow(walk: Entries) -> None:
    walk.begin()
    walk.enter("sec", 0, INSPECTIONS, by_id=True, ahead=1)


def answer(walk: Entries) -> None:
    walk.begin()
    walk.permits_answer(0, "effective")
    walk.promises_hold()


def answer_again(walk: Entries) -> None:
    answer(walk)
    walk.permits_answer(0, "refused")
    walk.promises_hold()
    walk.answer_arrives(0, 0)


def keep_for_five_years(walk: Entries) -> None:
    answer(walk)
    walk.enter("sec", 1, ENERGISATIONS, by_id=True, ahead=0)
    walk.pass_time(24 * 1830)
    walk.empty_old_entries()


def return_an_application(walk: Entries) -> None:
    walk.begin()
    walk.licences_publishes(0, "returned")
    walk.application_arrives(0, 0)


def correct_twice(walk: Entries) -> None:
    return_an_application(walk)
    walk.correct(0, "saihat")
    walk.correct(0, "saihat")


def withdraw_an_issued_application(walk: Entries) -> None:
    walk.begin()
    walk.licences_publishes(0, "issued")
    walk.application_arrives(0, 0)
    walk.withdraw(0, "saihat")


def correct_as_another_municipality(walk: Entries) -> None:
    return_an_application(walk)
    walk.correct(0, "tarout")


# ---------------------------------------------------------------------------------------------------------- bugs


def let_the_last_event_win(patch: Any) -> None:
    def keep(session: Any, table: Any, rows: Any) -> None:
        statement = postgresql.insert(table)
        columns = list(rows[0])
        taken = {name: statement.excluded[name] for name in columns[1:]}
        upsert = statement.on_conflict_do_update(index_elements=[columns[0]], set_=taken)
        session.execute(upsert, rows)

    patch.setattr(projections, "keep_newest", keep)


def forget_earlier_answers(patch: Any) -> None:
    really = commands.record_answer

    def record_answer(session: Any, event: Any) -> Any:
        session.get_one(PartnerEntry, event.data["entry_id"]).version = 0
        session.flush()
        return really(session, event)

    patch.setattr(commands, "record_answer", record_answer)


def overlook_the_municipality(patch: Any) -> None:
    really = entries.named_permit
    patch.setattr(
        entries, "named_permit", lambda body: Named(really(body).permit_id, really(body).number)
    )


def let_everybody_touch(patch: Any) -> None:
    patch.setattr(applications.Reach, "check_seen", do_nothing)
    patch.setattr(applications.Reach, "check_own", do_nothing)


Story = Callable[[Entries], None]
# The bug → its story, the bug itself, and the words of the promise that catches it.
BUGS: dict[str, tuple[Story, Callable[[Any], None], str]] = {
    "an older permit replaces a newer one": (
        get_an_older_permit_late, let_the_last_event_win, "an older permit"),
    "an older grant brings a right back": (
        get_an_older_grant_late, let_the_last_event_win, "enter: taken without a right"),
    "a grant outlives its last day": (
        enter_after_the_grants_last_day, switch_off(Grant, "in_force", lambda *_: True), "without a right"),
    "a grant covers every area": (
        enter_what_the_grant_does_not_name, switch_off(entries, "check_grant"), "without a right"),
    "a permit is found without its municipality": (
        enter_by_number, overlook_the_municipality, "refused without a reason"),
    "an entry is of a day to come": (
        enter_for_tomorrow, switch_off(entries, "check_entry"), "without a right"),
    "an older answer undoes a newer one": (answer_again, forget_earlier_answers, "an older answer"),
    "an entry isn't published": (answer, switch_off(commands, "publish"), "not published once"),
    "a company isn't told the answer": (
        answer, switch_off(commands, "change_of"), "not told once"),
    "names stay for ever": (
        keep_for_five_years, switch_off(entries, "emptied", lambda content: content), "names"),
    "a correction is sent twice": (
        correct_twice, switch_off(applications, "check_correctable"), "correct: taken without a right"),
    "an issued application is withdrawn": (
        withdraw_an_issued_application, switch_off(applications, "check_withdrawable"), "withdraw: taken"),
    "another municipality corrects": (
        correct_as_another_municipality, let_everybody_touch, "correct: taken without a right"),
    "a submission isn't published": (
        return_an_application, switch_off(submissions, "publish"), "numbers of submissions"),
}  # fmt: skip
STORIES = sorted({one[0] for one in BUGS.values()}, key=lambda one: one.__name__)


@pytest.mark.parametrize("story", STORIES, ids=lambda one: one.__name__)
def test_each_story_is_fine_while_the_rules_hold(fixtures: WalkFixtures, story: Story) -> None:
    play(fixtures, story)


@pytest.mark.parametrize("bug", BUGS)
def test_each_bug_is_caught_by_name(
    fixtures: WalkFixtures, monkeypatch: pytest.MonkeyPatch, bug: str
) -> None:
    story, put_in, words = BUGS[bug]

    require_broken_promise(monkeypatch, put_in, words, lambda: play(fixtures, story))


def play(fixtures: WalkFixtures, story: Story) -> None:
    walk = Entries(fixtures)
    try:
        story(walk)
        walk.promises_hold()
    finally:
        walk.teardown()
