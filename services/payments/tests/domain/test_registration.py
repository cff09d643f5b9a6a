"""The step after each answer of the bill system, without a database."""

from datetime import UTC, datetime, timedelta

import pytest

from payments.domain import registration
from payments.domain.bills import Status, Task, expires_at, give_up
from payments.domain.registration import Call, End, Outcome, Policy, Result, Standing

NOW = datetime(2026, 11, 26, 8, tzinfo=UTC)
POLICY = Policy(retry=5, longest_retry=300, ask_after=2, settle=30)
NEW = Standing(task=Task.REGISTER, tries=1, since=NOW)


def after(call: Call, outcome: Outcome, standing: Standing = NEW) -> registration.Step:
    return registration.step_after(call, standing, Result(outcome), policy=POLICY, now=NOW)


def test_an_unknown_registration_is_asked_for_and_not_sent_again() -> None:
    step = after(Call.REGISTER, Outcome.UNKNOWN)

    assert (step.end, step.unsure) == (None, True)
    unsure = Standing(task=Task.REGISTER, unsure=True, tries=1, since=NOW)
    assert registration.next_call(unsure) is Call.ASK


def test_a_registration_that_did_not_go_out_is_sent_again() -> None:
    step = after(Call.REGISTER, Outcome.NOT_SENT)

    assert (step.end, step.unsure) == (None, False)
    assert registration.next_call(NEW) is Call.REGISTER


def test_absent_is_believed_only_after_a_while() -> None:
    soon = Standing(task=Task.REGISTER, unsure=True, tries=1, since=NOW - timedelta(seconds=5))
    late = Standing(task=Task.REGISTER, unsure=True, tries=1, since=NOW - timedelta(seconds=31))

    assert after(Call.ASK, Outcome.ABSENT, soon).unsure
    assert after(Call.ASK, Outcome.ABSENT, soon).due_at == NOW + timedelta(seconds=25)
    assert not after(Call.ASK, Outcome.ABSENT, late).unsure


def test_a_question_without_an_answer_is_asked_again_and_nothing_is_sent() -> None:
    for outcome in (Outcome.UNKNOWN, Outcome.NOT_SENT):
        assert after(Call.ASK, outcome).unsure


def test_an_unwanted_bill_that_nobody_has_heard_of_is_not_sent() -> None:
    unwanted = Standing(task=Task.REGISTER, giving_up=True, tries=1, since=NOW)

    assert registration.next_call(unwanted) is None
    assert after(Call.REGISTER, Outcome.NOT_SENT, unwanted).end is End.ENDED


def test_an_unwanted_bill_is_asked_for_before_it_is_believed_to_be_nowhere() -> None:
    since = NOW - timedelta(seconds=31)
    unsure = Standing(task=Task.REGISTER, unsure=True, giving_up=True, tries=1, since=since)

    assert registration.next_call(unsure) is Call.ASK
    assert after(Call.ASK, Outcome.ABSENT, unsure).end is End.ENDED
    assert after(Call.ASK, Outcome.REGISTERED, unsure).end is End.ACKNOWLEDGED


@pytest.mark.parametrize(
    ("outcome", "end"),
    [
        (Outcome.CANCELLED, End.ENDED),
        (Outcome.ABSENT, End.ENDED),
        (Outcome.PAID, End.PAID_THERE),
        (Outcome.UNKNOWN, None),
        (Outcome.NOT_SENT, None),
        (Outcome.REFUSED, None),
    ],
)
def test_a_cancellation_ends_the_bill_or_finds_it_paid(outcome: Outcome, end: End | None) -> None:
    standing = Standing(task=Task.CANCEL, tries=2, since=NOW)

    step = after(Call.CANCEL, outcome, standing)

    assert step.end is end
    assert not step.unsure


def test_tries_come_ever_more_slowly_up_to_a_limit() -> None:
    waits = []
    for tries in (1, 2, 3, 20):
        standing = Standing(task=Task.REGISTER, tries=tries, since=NOW)
        due = after(Call.REGISTER, Outcome.NOT_SENT, standing).due_at
        assert due is not None
        waits.append((due - NOW).total_seconds())

    assert waits == [10, 20, 40, 300]


def test_a_bill_that_was_never_sent_ends_at_once_and_another_is_cancelled_there_first() -> None:
    assert give_up(Status.REQUESTED, Status.CANCELLED, tried=False).status is Status.CANCELLED
    assert give_up(Status.REQUESTED, Status.CANCELLED, tried=True).status is None
    assert give_up(Status.REGISTERED, Status.EXPIRED, tried=True).task is Task.CANCEL
    with pytest.raises(ValueError, match="settled"):
        give_up(Status.SETTLED, Status.CANCELLED, tried=True)


def test_a_bill_can_be_paid_through_its_last_day_in_riyadh() -> None:
    day = datetime(2026, 12, 26, tzinfo=UTC).date()

    assert expires_at(day, timedelta(0)) == datetime(2026, 12, 26, 21, tzinfo=UTC)
    assert expires_at(day, timedelta(hours=24)) == datetime(2026, 12, 27, 21, tzinfo=UTC)
