"""Every wait of a run ends, and says what it waited for: of a question, of a load, of a fault."""

import threading
from collections.abc import Iterator

import pytest

from .draining import quiet_in
from .history import History
from .load import Load, Piece
from .nemesis import Fault, Nemesis


@pytest.fixture
def never() -> Iterator[threading.Event]:
    """What doesn't happen before the test has ended."""
    event = threading.Event()
    yield event
    event.set()


def test_a_question_that_is_never_answered_is_given_up_and_named(never: threading.Event) -> None:
    def asks_for_ever() -> str:
        never.wait()
        return ""

    quiet = quiet_in(asks_for_ever, 0.3, answer_s=0.1)

    assert quiet.seconds is None
    assert "asks_for_ever" in quiet.waits_for


def test_a_question_is_asked_again_after_one_without_an_answer(
    never: threading.Event,
) -> None:
    asked: list[int] = []

    def answers_the_second_time() -> str:
        asked.append(1)
        if len(asked) == 1:
            never.wait()
        return ""

    quiet = quiet_in(answers_the_second_time, 20.0, 0.0, answer_s=0.1)

    assert quiet.seconds is not None


def test_what_has_not_come_through_is_said_when_the_patience_ends() -> None:
    quiet = quiet_in(lambda: "3 lists", 0.05, 0.01)

    assert (quiet.seconds, quiet.waits_for) == (None, "3 lists")


class Stuck(Load):
    """Its first piece fails, its second is never done, and its third is."""

    def __init__(self, history: History) -> None:
        super().__init__(history)
        self.done: list[str] = []

    def pieces(self) -> Iterator[Piece]:
        yield "r1", self._fail
        yield "r2", self._pay
        yield "r3", lambda: self.done.append("r3")

    def _fail(self) -> None:
        raise ValueError("no such list")

    def _pay(self) -> None:
        self.keep_trying("r2", "pay", lambda: False)


def test_a_load_that_is_stopped_names_what_it_never_did() -> None:
    load = Stuck(History())
    load.begin()

    load.stop.set()
    troubles = list(load.wait(30))

    assert troubles == []
    assert load.done == ["r3"]
    assert sorted(load.lost) == ["r1 ValueError: no such list", "r2 pay"]


def test_a_load_that_takes_too_long_is_ended_and_is_a_trouble() -> None:
    load = Stuck(History())
    load.begin()

    troubles = list(load.wait(0.1))

    assert load.is_done()
    assert troubles == ["the load wasn't done 0 s after the last fault"]


def test_a_fault_that_never_ends_is_a_trouble_and_holds_up_nobody(never: threading.Event) -> None:
    def hangs(_fault: Fault) -> str:
        never.wait()
        return ""

    nemesis = Nemesis(History(), hangs, heals_s=0.1)

    nemesis.run([Fault("broker", "kafka-kill", 0.0, 0.0, 1)], 2.5)

    assert nemesis.troubles == ["lane broker: kafka-kill never ended"]
