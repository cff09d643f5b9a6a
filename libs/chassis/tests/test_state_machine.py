"""State machines: where an action leads, and what a refusal offers instead."""

import pytest

from chassis.core.refusals import IllegalTransition
from chassis.core.state_machine import StateMachine

OPEN_CLOSE = {"ar": "إغلاق", "en": "Close"}
MACHINE: StateMachine[str, str] = StateMachine(
    steps={"close": {"open": "closed"}, "reopen": {"closed": "open"}, "note": {"open": "open"}},
    titles={"close": OPEN_CLOSE},
)


def test_an_action_leads_from_a_status_to_the_next() -> None:
    assert MACHINE.after("close", "open") == "closed"


def test_an_action_that_the_status_does_not_allow_is_refused_with_those_that_it_allows() -> None:
    with pytest.raises(IllegalTransition) as refused:
        MACHINE.after("reopen", "open")

    assert refused.value.code == "open"
    assert refused.value.params["next"] == [OPEN_CLOSE]


def test_the_possible_actions_stand_in_the_order_of_the_table() -> None:
    assert MACHINE.possible("open") == ["close", "note"]
