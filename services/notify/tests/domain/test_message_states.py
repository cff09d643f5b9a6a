"""The life of a message, without a database."""

from hypothesis import given
from hypothesis import strategies as st

from notify.domain.messages import HAPPENED, TERMINAL, State, may_become, state_by_receipt

STATES = st.sampled_from(State)
SAID = st.sampled_from((State.ACCEPTED, State.DELIVERED, State.FAILED))


@given(STATES, STATES)
def test_a_terminal_state_goes_nowhere(state: State, new: State) -> None:
    assert not (state in TERMINAL and may_become(state, new))


@given(st.sampled_from([state for state in State if state not in TERMINAL]))
def test_every_other_state_can_end(state: State) -> None:
    reached = {state}
    while more := {
        new for one in reached for new in State if may_become(one, new) and new not in reached
    }:
        reached |= more

    assert reached & TERMINAL


@given(STATES, st.lists(SAID, max_size=8))
def test_receipts_in_any_order_end_a_message_once(state: State, said: list[State]) -> None:
    seen = [state]
    for one in said:
        seen.append(state_by_receipt(seen[-1], one) or seen[-1])

    ends = [new for old, new in zip(seen, seen[1:], strict=False) if new != old and new in TERMINAL]
    assert len(ends) <= (0 if state in TERMINAL else 1)


def test_a_late_receipt_of_acceptance_does_not_change_a_delivered_message() -> None:
    assert state_by_receipt(State.DELIVERED, State.ACCEPTED) is None
    assert state_by_receipt(State.DELIVERED, State.FAILED) is None


def test_a_receipt_answers_what_the_call_left_open() -> None:
    assert state_by_receipt(State.UNSURE, State.ACCEPTED) is State.ACCEPTED
    assert state_by_receipt(State.SENDING, State.DELIVERED) is State.DELIVERED


def test_a_receipt_does_not_change_a_held_message() -> None:
    assert state_by_receipt(State.HELD, State.DELIVERED) is None


def test_every_terminal_state_is_published() -> None:
    assert set(HAPPENED) >= TERMINAL
