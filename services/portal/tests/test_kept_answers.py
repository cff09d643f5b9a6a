"""Answers that a process keeps for a while."""

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest

from portal.outside.kept_answers import KeptAnswers

NOW, KEPT = datetime(2026, 11, 30, tzinfo=UTC), timedelta(seconds=3)


def test_an_answer_is_asked_for_anew_when_it_is_old():
    answers, asked = KeptAnswers(KEPT), iter(range(9))

    found = [
        answers.read("key", NOW + timedelta(seconds=at), lambda: next(asked)) for at in (0, 2, 3)
    ]

    assert found == [0, 0, 1]


def test_a_question_that_fails_keeps_nothing():
    answers = KeptAnswers(KEPT)

    with pytest.raises(ZeroDivisionError):
        answers.read("key", NOW, lambda: 1 // 0)

    assert answers.read("key", NOW, lambda: 7) == 7


def test_old_answers_fill_no_memory():
    answers = KeptAnswers(KEPT)

    for at in range(100):
        answers.read(at, NOW + timedelta(seconds=at), lambda: None)

    assert len(answers._answers) == KEPT.seconds


def test_of_several_threads_one_asks_for_a_costly_answer():
    answers, ready, asked = KeptAnswers(KEPT, asks_once=True), Barrier(4), []

    def read():
        ready.wait(10)
        answers.read("key", NOW, lambda: asked.append("asked"))

    threads = [Thread(target=read) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(10)

    assert asked == ["asked"]
