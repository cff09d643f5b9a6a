"""Handing over: neither lost nor doubled, through everything that a provider may do."""

from collections.abc import Callable
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import event as sql
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from chassis.data import calls
from notify.commands import sending
from notify.commands.sending import CompletedCall
from notify.domain.messages import State
from notify.domain.sending import Outcome, Result
from notify.models import ProviderState
from notify.workers.sender import Probe

from .conftest import Sender

BOTH = ("unifonic", "taqnyat")


def both(**facts: Any) -> dict[str, Any]:
    return dict.fromkeys(BOTH, facts)


def test_an_event_becomes_a_text_on_the_telephone(
    sender: Sender, published: Callable[[], list[str]]
) -> None:
    sender.tell(sender.report_filed())

    sender.work_off()

    (row,), (message,) = sender.house.ledger.rows(), sender.messages()
    assert row.text == "استلمنا بلاغكم رقم 1448104233. بلدية صفوى"
    assert (row.recipient, row.reference) == ("966500000008", message.message_id)
    assert (message.state, message.parts, message.provider) == ("accepted", 1, row.provider)
    assert published() == ["created", "accepted"]


def test_a_repeated_event_adds_no_second_message(sender: Sender) -> None:
    event = sender.report_filed()

    sender.tell(event, event)
    sender.work_off()

    assert len(sender.references()) == 1


def test_a_closing_text_has_its_link_and_officers_see_it_without_the_token(sender: Sender) -> None:
    sender.tell(sender.event("closed", "1448104233", token="T0KEN"))

    sender.work_off()

    (row,), (message,) = sender.house.ledger.rows(), sender.messages()
    assert row.text.endswith("https://reports.test/r/T0KEN")
    assert "T0KEN" not in (message.text_public or "")


def test_a_refusal_goes_to_the_other_provider_at_once(sender: Sender) -> None:
    sender.house.change({"unifonic": {"rates": {"refuse": 1}}})
    sender.tell(*(sender.report_filed(str(number)) for number in range(10)))

    sender.work_off()

    assert {row.provider for row in sender.house.ledger.rows()} == {"taqnyat"}
    assert sender.states() == ["accepted"] * 10


def test_after_five_refused_connections_all_messages_go_to_the_other_provider(
    sender: Sender,
) -> None:
    sender.house.change({"unifonic": {"dead": True}})
    sender.tell(*(sender.report_filed(str(number)) for number in range(40)))

    sender.work_off(sender.engine(sending_concurrency=1))

    assert sender.states() == ["accepted"] * 40
    tried = [one for one in sender.attempts() if one.provider == "unifonic"]
    assert len(tried) == 5
    assert {one.detail for one in tried} == {"connection-refused"}


def test_a_provider_that_is_back_gets_messages_again(sender: Sender) -> None:
    sender.house.change({"unifonic": {"dead": True}})
    sender.tell(*(sender.report_filed(str(number)) for number in range(10)))
    sender.work_off()
    sender.house.change({"unifonic": {"dead": False}})
    sender.clock.move(6)

    sender.work_off()  # the probe
    sender.tell(*(sender.report_filed(str(number)) for number in range(10, 25)))
    sender.work_off()
    sender.tell(*(sender.report_filed(str(number)) for number in range(25, 40)))
    sender.work_off()

    late = sender.house.ledger.rows()[25:]
    assert sender.states() == ["accepted"] * 40
    assert {row.provider for row in late} == set(BOTH)


def test_while_both_are_dead_messages_wait_and_none_is_lost(sender: Sender) -> None:
    sender.house.change(both(dead=True))
    sender.tell(*(sender.report_filed(str(number)) for number in range(12)))
    sender.work_off()
    assert set(sender.states()) == {"created"}

    sender.house.change(both(dead=False))
    for _ in range(12):
        sender.clock.move(30)
        sender.work_off()

    assert set(sender.states()) == {"accepted"}
    assert len(sender.references()) == len(set(sender.references())) == 12


def test_accepted_then_timed_out_is_found_by_its_reference_and_not_sent_again(
    sender: Sender,
) -> None:
    sender.house.change(both(rates={"accept-then-timeout": 1}))
    sender.tell(sender.report_filed())
    sender.work_off()
    assert sender.states() == ["unsure"]

    sender.clock.move(5)
    sender.work_off()

    (message,) = sender.messages()
    assert (message.state, message.possible_duplicate) == ("accepted", False)
    assert len(sender.references()) == 1
    assert len(sender.attempts()) == 1


def test_a_provider_that_says_nothing_is_given_up_in_time(sender: Sender) -> None:
    sender.house.change(both(rates={"timeout": 1}, hold_seconds=60))
    sender.tell(sender.report_filed())

    sender.work_off(sender.engine(provider_timeout_seconds=0.3))

    assert [one.detail for one in sender.attempts()] == ["time-out"]


@pytest.mark.parametrize("fault", ["timeout", "reset", "503", "html"])
def test_a_message_that_the_provider_does_not_have_is_sent_again_to_it(
    sender: Sender, fault: str
) -> None:
    sender.house.change(both(rates={fault: 1}))
    sender.tell(sender.report_filed())
    sender.work_off()
    sender.house.change(both(rates={}))

    sender.clock.move(5)
    sender.work_off()
    assert sender.references() == []  # it may only be slow
    sender.clock.move(30)
    sender.work_off()

    first, second = sender.attempts()
    assert (first.provider, first.outcome) == (second.provider, "unknown")
    assert sender.states() == ["accepted"]
    assert len(sender.references()) == 1


def test_without_a_query_the_same_provider_gets_it_again_marked_as_a_possible_duplicate(
    sender: Sender,
) -> None:
    sender.house.change(both(rates={"accept-then-timeout": 1}, query=False, once=False))
    engine = sender.engine(unifonic_queried=False, taqnyat_queried=False)
    sender.tell(sender.report_filed())
    sender.work_off(engine)
    sender.house.change(both(rates={}))

    sender.clock.move(60)
    sender.work_off(engine)
    assert len(sender.references()) == 1
    sender.clock.move(60)
    sender.work_off(engine)

    (message,) = sender.messages()
    assert (message.state, message.possible_duplicate) == ("accepted", True)
    assert len({row.provider for row in sender.house.ledger.rows()}) == 1
    assert len(sender.references()) == 2


def test_a_claim_whose_process_was_killed_before_the_call_is_sent_once(sender: Sender) -> None:
    sender.tell(sender.report_filed())
    engine = sender.engine()
    with sender.database.transaction() as session:
        jobs = sending.claim(session, sender.rules(session), limit=10, now=sender.clock.now)
    assert len(jobs) == 1

    sender.work_off(engine)
    assert sender.references() == []  # its lease runs
    for seconds in (60, 5, 30):
        sender.clock.move(seconds)
        sender.work_off(engine)

    assert sender.states() == ["accepted"]
    assert len(sender.references()) == 1


def test_a_process_killed_between_the_call_and_the_record_sends_no_second_text(
    sender: Sender,
) -> None:
    sender.tell(sender.report_filed())
    killed, engine = sender.engine(), sender.engine()
    killed.turn()
    killed.settle()  # the provider has it, and nobody wrote that down
    assert len(sender.references()) == 1

    for seconds in (60, 5, 30):
        sender.clock.move(seconds)
        sender.work_off(engine)

    assert sender.states() == ["accepted"]
    assert len(sender.references()) == 1


def test_an_answer_that_comes_after_the_lease_changes_nothing(sender: Sender) -> None:
    sender.tell(sender.report_filed())
    slow, engine = sender.engine(), sender.engine()
    slow.turn()
    slow.settle()
    for seconds in (60, 5):
        sender.clock.move(seconds)
        sender.work_off(engine)

    sender.work_off(slow)

    (only,) = sender.attempts()
    assert (only.outcome, only.detail) == ("unknown", "lease-over")
    assert sender.states() == ["accepted"]


def test_a_process_that_was_frozen_until_its_lease_nearly_ended_does_not_call(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_the_claim = iter([0.0])
    monkeypatch.setattr("chassis.data.calls.monotonic", lambda: next(at_the_claim, 56.0))
    sender.tell(sender.report_filed())

    sender.work_off()

    assert [one.detail for one in sender.attempts()][0] == "too-late"
    assert [one.outcome for one in sender.attempts()] == ["not-sent", "accepted"]
    assert len(sender.references()) == 1


def test_an_outcome_that_arrives_while_the_database_is_away_is_recorded_later(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender.tell(sender.report_filed())
    engine = sender.engine()
    engine.turn()
    engine.settle()
    with monkeypatch.context() as broken:
        broken.setattr(sending, "record", _raise)
        with pytest.raises(OperationalError):
            engine.turn()

    sender.work_off(engine)

    assert sender.states() == ["accepted"]
    assert len(sender.references()) == 1


def _raise(*_: object, **__: object) -> None:
    raise OperationalError("COMMIT", None, ConnectionError())


def test_two_engines_at_once_send_each_message_once(sender: Sender) -> None:
    sender.tell(*(sender.report_filed(str(number)) for number in range(80)))
    engines = [sender.engine(), sender.engine()]

    threads = [Thread(target=sender.work_off, args=(engine,)) for engine in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sender.states() == ["accepted"] * 80
    assert len(sender.references()) == len(set(sender.references())) == 80


def test_through_everything_at_once_each_message_arrives_exactly_once(sender: Sender) -> None:
    rates = {"accept-then-timeout": 0.1, "503": 0.05, "reset": 0.02, "refuse": 0.05, "html": 0.03}
    sender.house.change(both(rates=rates))
    sender.tell(*(sender.report_filed(str(number)) for number in range(50)))

    sender.work_off()
    for _ in range(30):
        sender.clock.move(30)
        sender.work_off()

    assert set(sender.states()) == {"accepted"}
    assert len(sender.references()) == len(set(sender.references())) == 50


def test_a_message_that_finds_the_place_of_the_other_provider_taken_waits_unpinned(
    sender: Sender,
) -> None:
    sender.tell(sender.report_filed("1"), sender.report_filed("2"))
    opened = ProviderState(provider="taqnyat", failures=[], opened_at=sender.clock.now)
    with sender.database.transaction() as session:
        opened.half_open = False
        session.add(opened)
    with sender.database.transaction() as session:
        house = sender.rules(session)
        jobs = sending.claim(session, house, limit=10, now=sender.clock.now)
    refused = [CompletedCall(job, Result(Outcome.NOT_SENT, "connection-refused")) for job in jobs]
    with sender.database.transaction() as session:
        session.get_one(ProviderState, "taqnyat").half_open = True  # a place for one message

    with sender.database.transaction() as session:
        following = sending.record(session, house, refused, sender.clock.now)

    assert [(job.kind, job.provider) for job in following] == [("send", "taqnyat")]
    assert sorted(sender.states()) == ["created", "sending"]
    sender.clock.move(5)
    sender.work_off()
    (waited,) = (row for row in sender.messages() if row.state != "sending")
    assert (waited.state, waited.provider, waited.pinned) == ("accepted", "unifonic", False)


def test_a_turn_locks_the_states_of_providers_by_name_whatever_came_back_first(
    sender: Sender,
) -> None:
    """Two processes that lock two states in two orders would wait for each other."""
    sender.tell(sender.report_filed("1"))
    engine = sender.engine()
    dead = ProviderState(provider="taqnyat", failures=[], opened_at=sender.clock.now)
    dead.half_open = False
    with sender.database.transaction() as session:
        session.add(dead)
    with sender.database.transaction() as session:
        jobs = sending.claim(session, sender.rules(session), limit=10, now=sender.clock.now)
    unknown = [calls.CompletedCall(job, Result(Outcome.UNKNOWN, "time-out")) for job in jobs]
    probed = calls.CompletedCall(Probe("taqnyat"), True)
    locked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        if "FROM provider_state" in statement and "FOR UPDATE" in statement:
            locked.append(values["provider_1"])

    with sender.database.transaction() as session:
        sql.listen(sender.database.engine, "before_cursor_execute", note)
        try:
            engine.record(session, [*unknown, probed])
        finally:
            sql.remove(sender.database.engine, "before_cursor_execute", note)

    assert list(dict.fromkeys(locked)) == ["taqnyat", "unifonic"]


def test_a_message_that_cannot_be_opened_fails_alone(sender: Sender) -> None:
    sender.tell(*(sender.report_filed(str(number)) for number in range(3)))
    broken = sender.messages()[1].message_id
    with sender.database.transaction() as session:
        statement = text("UPDATE message SET text_public = recipient WHERE message_id = :broken")
        session.execute(statement, {"broken": broken})

    sender.work_off()

    with sender.database.transaction() as session:
        ends = dict(session.execute(text("SELECT message_id::text, state FROM message")).all())
    assert ends.pop(broken) == "technical-failure"
    assert set(ends.values()) == {"accepted"}


def test_a_text_past_its_time_is_never_sent(sender: Sender) -> None:
    sender.tell(sender.report_filed())
    sender.clock.move(timedelta(days=3).total_seconds())

    sender.work_off()

    assert sender.states() == ["expired"]
    assert sender.references() == []


def test_a_bad_number_fails_at_once_when_both_refuse_it(
    sender: Sender, published: Callable[[], list[str]]
) -> None:
    sender.tell(sender.report_filed())
    with sender.database.transaction() as session:
        (message,) = session.query(sender.messages()[0].__class__).all()
        message.recipient = "+96612"

    sender.work_off()

    (message,) = sender.messages()
    assert (message.state, message.reason) == ("failed", "number-refused")
    assert published() == ["created", "failed"]


def test_a_message_without_a_receipt_for_three_days_is_unconfirmed(
    sender: Sender, published: Callable[[], list[str]]
) -> None:
    sender.tell(sender.event("closed", "1448104233", token="T0KEN"))
    sender.work_off()
    sender.clock.move(timedelta(hours=72).total_seconds())

    sender.work_off()

    (message,) = sender.messages()
    assert (message.state, message.reason) == (State.UNCONFIRMED, "no-receipt")
    assert message.text_secret is None
    assert published()[-1] == "unconfirmed"


def test_a_new_process_knows_that_a_provider_is_dead(sender: Sender) -> None:
    sender.house.change({"unifonic": {"dead": True}})
    sender.tell(*(sender.report_filed(str(number)) for number in range(30)))
    sender.work_off(sender.engine())
    before = len(sender.attempts())

    sender.tell(*(sender.report_filed(str(number)) for number in range(30, 50)))
    sender.work_off(sender.engine())

    assert len(sender.attempts()) - before == 20
    with sender.database.transaction() as session:
        opened = session.get_one(ProviderState, "unifonic").opened_at
        waiting = session.execute(text("SELECT count(*) FROM message WHERE state = 'created'"))
        assert waiting.scalar_one() == 0
    assert opened is not None
