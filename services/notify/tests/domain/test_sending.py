"""What follows from an attempt: neither lost nor doubled."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notify.domain import sending
from notify.domain.messages import TERMINAL, State, WhenUnsure, may_become
from notify.domain.sending import Abilities, Outcome, Policy, Result, Standing, Step

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
POLICY = Policy()
BOTH = ["taqnyat", "unifonic"]
NOT_SENT = Result(Outcome.NOT_SENT, "connection-refused", line_failed=True)
REFUSED = Result(Outcome.NOT_SENT, "er-09")
NUMBER_REFUSED = Result(Outcome.NOT_SENT, sending.NUMBER_REFUSED)
UNKNOWN = Result(Outcome.UNKNOWN, "time-out")


def standing(state: State = State.SENDING, **more: Any) -> Standing:
    basic: dict[str, Any] = {
        "state": state,
        "when_unsure": WhenUnsure.TWICE,
        "expires_at": NOW + timedelta(days=3),
        "provider": "unifonic",
        "tried": frozenset({"unifonic"}),
        "since": NOW,
    }
    return Standing(**{**basic, **more})


def after(at: Standing, result: Result, others: list[str] | None = None) -> Step:
    return sending.step_after(
        at, result, BOTH if others is None else others, policy=POLICY, now=NOW
    )


def test_a_message_that_was_not_sent_goes_to_the_other_provider_at_once() -> None:
    step = after(standing(), REFUSED)

    assert (step.state, step.send) == (State.SENDING, "taqnyat")


def test_a_message_that_no_provider_took_is_sent_again_five_minutes_later() -> None:
    step = after(standing(tried=frozenset(BOTH)), NOT_SENT)

    assert (step.state, step.send) == (State.CREATED, None)
    assert step.due_at == NOW + timedelta(minutes=5)
    assert step.round_over


def test_after_48_rounds_more_it_is_a_technical_failure() -> None:
    last = standing(tried=frozenset(BOTH), rounds=48)

    assert after(last, NOT_SENT).state is State.TECHNICAL_FAILURE
    assert after(replace(last, rounds=47), NOT_SENT).state is State.CREATED


def test_a_number_that_both_refuse_has_failed() -> None:
    both = standing(tried=frozenset(BOTH), refused=frozenset(BOTH))

    assert after(both, NUMBER_REFUSED).state is State.FAILED


def test_a_number_that_one_provider_refuses_goes_to_the_other() -> None:
    step = after(standing(refused=frozenset({"unifonic"})), NUMBER_REFUSED)

    assert step.send == "taqnyat"


def test_an_unknown_outcome_goes_to_no_other_provider() -> None:
    step = after(standing(), UNKNOWN)

    assert (step.state, step.send, step.pins) == (State.UNSURE, None, True)
    assert step.due_at == NOW + timedelta(seconds=POLICY.ask_after)


def test_a_provider_that_can_be_queried_is_queried() -> None:
    step = sending.step_when_unsure(standing(State.UNSURE), Abilities(queried=True), POLICY, NOW)

    assert (step.ask, step.send) == ("unifonic", None)


def test_a_provider_without_queries_has_two_minutes_for_its_receipt() -> None:
    unsure = standing(State.UNSURE, pinned=True)
    later = NOW + timedelta(seconds=120)

    before = sending.step_when_unsure(unsure, Abilities(), POLICY, NOW + timedelta(seconds=60))
    then = sending.step_when_unsure(unsure, Abilities(), POLICY, later)

    assert (before.state, before.send, before.due_at) == (State.UNSURE, None, later)
    assert (then.state, then.send, then.twice) == (State.SENDING, "unifonic", True)


def test_a_text_that_prefers_loss_is_not_sent_twice() -> None:
    code = standing(State.UNSURE, when_unsure=WhenUnsure.LOST, pinned=True)
    later = NOW + timedelta(seconds=120)

    lost = sending.step_when_unsure(code, Abilities(), POLICY, later)
    safe = sending.step_when_unsure(code, Abilities(once=True), POLICY, later)

    assert (lost.state, lost.send) == (State.UNCONFIRMED, None)
    assert safe.send == "unifonic"


def test_absent_is_believed_only_when_a_slow_provider_has_had_its_time() -> None:
    unsure = standing(State.UNSURE, pinned=True)
    absent = Result(Outcome.ABSENT)

    soon = sending.step_after_query(unsure, absent, POLICY, NOW + timedelta(seconds=6))
    settled = sending.step_after_query(unsure, absent, POLICY, NOW + timedelta(seconds=30))

    assert (soon.send, soon.due_at) == (None, NOW + timedelta(seconds=30))
    assert (settled.send, settled.twice) == ("unifonic", False)


def test_a_message_that_the_provider_has_is_not_sent_again() -> None:
    step = sending.step_after_query(
        standing(State.UNSURE, pinned=True), Result(Outcome.ACCEPTED), POLICY, NOW
    )

    assert (step.state, step.send) == (State.ACCEPTED, None)


def test_a_query_without_an_answer_is_repeated_later() -> None:
    step = sending.step_after_query(
        standing(State.UNSURE, pinned=True), UNKNOWN, POLICY, NOW + timedelta(seconds=40)
    )

    assert (step.state, step.send, step.round_over) == (State.UNSURE, None, True)


def test_a_claim_whose_process_was_killed_is_an_unknown_outcome() -> None:
    step = sending.step_when_due(standing(State.SENDING), BOTH, POLICY, NOW)

    assert (step.state, step.send, step.pins) == (State.UNSURE, None, True)


def test_nothing_is_sent_past_its_time() -> None:
    old = {"expires_at": NOW, "tried": frozenset[str]()}

    new = sending.step_when_due(standing(State.CREATED, **old), BOTH, POLICY, NOW)
    other = after(standing(**old), NOT_SENT)
    again = sending.step_when_unsure(
        standing(State.UNSURE, pinned=True, **old), Abilities(once=True), POLICY,
        NOW + timedelta(seconds=120),
    )  # fmt: skip

    assert (new.state, new.send) == (State.EXPIRED, None)
    assert (other.state, other.send) == (State.EXPIRED, None)
    assert (again.state, again.send) == (State.UNCONFIRMED, None)


def test_an_accepted_message_without_a_receipt_is_unconfirmed_in_the_end() -> None:
    step = sending.step_when_due(standing(State.ACCEPTED), BOTH, POLICY, NOW)

    assert (step.state, step.send) == (State.UNCONFIRMED, None)


# Whatever happens, in whatever order.

RESULTS = st.sampled_from(
    [
        Result(Outcome.ACCEPTED),
        REFUSED,
        NOT_SENT,
        NUMBER_REFUSED,
        UNKNOWN,
    ]
)
ANSWERS = st.sampled_from(
    [
        Result(Outcome.ACCEPTED),
        Result(Outcome.DELIVERED),
        Result(Outcome.FAILED, "rejected"),
        Result(Outcome.ABSENT),
        UNKNOWN,
    ]
)


@dataclass(frozen=True)
class Life:
    """The steps of one message to its end."""

    abilities: Abilities
    when_unsure: WhenUnsure
    steps: list[tuple[Standing, Step]]


@st.composite
def lives(draw: st.DrawFn) -> Life:
    """The steps of one message to its end, through whatever providers answer."""
    policy = replace(POLICY, retries=draw(st.integers(0, 4)))
    abilities = Abilities(queried=draw(st.booleans()), once=draw(st.booleans()))
    at = Standing(
        state=State.CREATED,
        when_unsure=draw(st.sampled_from(WhenUnsure)),
        expires_at=NOW + timedelta(seconds=draw(st.sampled_from([0, 100, 10_000, 1_000_000]))),
    )
    now, found = NOW, []
    for _ in range(200):
        if at.state is State.UNSURE:
            step = sending.step_when_unsure(at, abilities, policy, now)
            if step.ask:
                step = sending.step_after_query(at, draw(ANSWERS), policy, now)
        elif at.state is State.SENDING and at.provider is not None:
            result = draw(RESULTS)
            others = draw(st.permutations(BOTH))
            refused = at.refused | ({at.provider} if result.final else set())
            at = replace(at, tried=at.tried | {at.provider}, refused=refused, since=now)
            step = sending.step_after(at, result, others, policy=policy, now=now)
        else:
            step = sending.step_when_due(at, draw(st.permutations(BOTH)), policy, now)
        found.append((at, step))
        if step.state in TERMINAL:
            break
        now = max(now, step.due_at or now) if step.send is None else now + timedelta(seconds=1)
        at = _next(at, step)
    return Life(abilities, at.when_unsure, found)


def _next(at: Standing, step: Step) -> Standing:
    fresh: dict[str, Any] = (
        {"tried": frozenset(), "refused": frozenset()} if step.round_over else {}
    )
    return replace(
        at,
        state=step.state,
        provider=step.send or at.provider,
        pinned=at.pinned or step.pins,
        rounds=at.rounds + step.round_over,
        **fresh,
    )


@given(lives())
def test_every_message_ends(life: Life) -> None:
    assert life.steps[-1][1].state in TERMINAL


@given(lives())
def test_every_step_follows_the_state_machine(life: Life) -> None:
    for at, step in life.steps:
        assert step.state == at.state or may_become(at.state, step.state)


@given(lives())
def test_after_an_unknown_outcome_no_other_provider_gets_it(
    life: Life,
) -> None:
    for at, step in life.steps:
        assert not (at.pinned and step.send not in {None, at.provider})


@given(lives())
def test_a_text_that_prefers_loss_is_never_sent_a_second_time(life: Life) -> None:
    may_double = any(step.twice for _, step in life.steps)

    assert not may_double or life.abilities.once or life.when_unsure is WhenUnsure.TWICE


@pytest.mark.parametrize("result", [REFUSED, NOT_SENT, NUMBER_REFUSED])
@given(others=st.permutations(BOTH))
def test_within_a_round_no_provider_is_called_twice(result: Result, others: list[str]) -> None:
    step = after(standing(tried=frozenset({"unifonic"})), result, others)

    assert step.send != "unifonic"
