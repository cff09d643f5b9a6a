"""Walks through the life of a violation; and each promise sees what it's for, because a rule that is broken on purpose
makes a story fail that was fine."""

from collections.abc import Callable
from typing import Any

import pytest

from chassis.testing_walks import (
    Break,
    WalkDatabase,
    require_broken_promise,
    switch_off,
    take_walks,
)
from licences.commands.violations import decide, recording
from licences.models import Violation

from .conftest import CLERK, INSPECTOR, OFFICER
from .walking_violations import TALLY, Life


@pytest.mark.parametrize("item", ["3001", "5001"])
def test_a_violation_lives_as_the_model_says(session: Any, database: Any, item: str) -> None:
    kept = WalkDatabase(session, database)
    take_walks(lambda: Life(kept, item), TALLY, connection=database.connection, few=10, steps=10)


def _took_the_objection(walk: Life) -> None:
    walk.object_to(CLERK)
    walk.cancel(CLERK)


def _cancelled_meanwhile(walk: Life) -> None:
    walk.object_to(INSPECTOR)
    walk.cancel(OFFICER)
    walk.an_objection_is_open_exactly_while_it_is_to_be_decided()


def _nobody_was_told(walk: Life) -> None:
    walk.an_event_reaches_an_offender_who_has_heard_of_the_violation()


def _without_the_filer(_: Any, row: Violation) -> list[str | None]:
    return [row.recorded_by, row.confirmed_by]


# What is broken, the words of the promise that sees it, and the story from a number of first steps on.
BUGS: dict[str, tuple[Break, str, int, Callable[[Life], None]]] = {
    "the_filer_decides": (
        switch_off(recording, "people_of", _without_the_filer),
        "the model says False",
        2,
        _took_the_objection,
    ),
    "the_objection_stays_open": (
        switch_off(decide, "_close_open_objection"),
        "an open objection",
        2,
        _cancelled_meanwhile,
    ),
    "the_inspector_s_sight_is_told": (
        switch_off(Violation, "was_told", True),
        "told of too early",
        1,
        _nobody_was_told,
    ),
}


@pytest.mark.parametrize("name", BUGS)
def test_a_story_of_a_violation_is_fine_until_a_bug_is_put_in(
    session: Any, database: Any, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    put_in, promise, steps, story = BUGS[name]
    kept = WalkDatabase(session, database)

    def play() -> None:
        walk = Life(kept, "5001")
        try:
            for step in (walk.confirm, walk.notify)[:steps]:
                step()
            story(walk)
        finally:
            kept.end_walk()

    play()

    require_broken_promise(monkeypatch, put_in, promise, play)
