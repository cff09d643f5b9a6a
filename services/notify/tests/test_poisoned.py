"""Messages that can't be dealt with: each is postponed alone, and all others go out."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from notify.commands import sending
from notify.domain.sending import Outcome, Result
from notify.models import Message
from notify.outside import Bearer, Form

from .conftest import Sender


def told(sender: Sender, count: int) -> list[str]:
    """The ids of so many new messages."""
    sender.tell(*(sender.report_filed(str(number)) for number in range(count)))
    return [row.message_id for row in sender.messages()]


def states(sender: Sender) -> dict[str, str]:
    return {row.message_id: row.state for row in sender.messages()}


def test_a_message_that_may_be_at_a_provider_without_an_address_waits_and_costs_no_place(
    sender: Sender,
) -> None:
    sender.house.change(
        {name: {"rates": {"accept-then-timeout": 1}} for name in sender.house.providers}
    )
    told(sender, 3)
    sender.work_off()
    with sender.database.transaction() as session:
        session.execute(text("UPDATE message SET provider = 'unifonic'"))
    sender.house.change({name: {"rates": {}} for name in sender.house.providers})
    engine = sender.engine(unifonic_url="", sending_concurrency=2)

    sender.clock.move(200)
    sender.work_off(engine)
    waiting = sender.states()
    sender.tell(*(sender.report_filed(str(number)) for number in range(10, 14)))
    sender.work_off(engine)

    assert waiting == ["unsure"] * 3
    assert sorted(sender.states()) == ["accepted"] * 4 + ["unsure"] * 3
    sender.clock.move(4 * 24 * 3_600)
    for _ in range(3):  # two places
        sender.work_off(engine)
    assert "unsure" not in sender.states()


def test_a_call_for_a_provider_without_an_address_is_not_sent(sender: Sender) -> None:
    told(sender, 1)
    with sender.database.transaction() as session:
        (job,) = sending.claim(session, sender.rules(session), limit=1, now=sender.clock.now)
    engine = sender.engine()

    answer = engine.call(replace(job, provider="gone"), 0.0)

    assert answer == Result(Outcome.NOT_SENT, "no-provider")


def test_a_message_that_cannot_be_claimed_is_postponed_by_an_hour_and_the_others_go(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    poisoned, *others = told(sender, 5)
    begin = sending._begin_step

    def breaks(session: Any, house: Any, row: Message, known: Any, now: Any) -> Any:
        if row.message_id == poisoned:
            raise LookupError
        return begin(session, house, row, known, now)

    with monkeypatch.context() as broken:
        broken.setattr(sending, "_begin_step", breaks)
        sender.work_off()
    found = states(sender)
    sender.clock.move(3_600)
    sender.work_off()

    assert {found[one] for one in others} == {"accepted"}
    assert found[poisoned] == "created"
    assert states(sender)[poisoned] == "accepted"
    assert len(sender.references()) == len(set(sender.references())) == 5


def test_an_answer_that_the_database_does_not_take_is_an_unknown_outcome_of_its_message_only(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    poisoned, *others = told(sender, 5)
    for kind in (Form, Bearer):
        monkeypatch.setattr(kind, "send", _with_a_nul(kind.send, poisoned))

    sender.work_off()

    found = states(sender)
    assert {found.pop(one) for one in others} == {"accepted"}
    assert found == {poisoned: "unsure"}
    assert {one.detail for one in sender.attempts() if one.message_id == poisoned} == {"unrecorded"}
    sender.clock.move(5)
    sender.work_off()
    assert states(sender)[poisoned] == "accepted"
    assert len(sender.references()) == 5


def _with_a_nul(send: Any, poisoned: str) -> Any:
    def sends(self: Any, reference: str, recipient: str, text: str) -> Result:
        result: Result = send(self, reference, recipient, text)
        return replace(result, provider_reference="\0") if reference == poisoned else result

    return sends


def test_a_message_whose_outcome_can_never_be_recorded_is_left_alone_for_an_hour(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    poisoned, *others = told(sender, 4)
    record = sending.record

    def breaks(session: Any, house: Any, done: Any, now: Any) -> Any:
        if poisoned in {one.job.message_id for one in done}:
            raise KeyError(poisoned)
        return record(session, house, done, now)

    monkeypatch.setattr(sending, "record", breaks)
    sender.work_off()
    sender.clock.move(3_000)
    sender.work_off()

    found = states(sender)
    assert {found[one] for one in others} == {"accepted"}
    assert found[poisoned] == "sending"
    assert sender.references().count(poisoned) == 1
