"""Floods: a mobile that isn't confirmed, and the caps of a day."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from threading import Barrier, BrokenBarrierError, Thread
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from chassis.core.cloudevents import Received
from chassis.core.context import Context
from chassis.core.ids import new_id
from chassis.events.contacts import Contact, contacts_of
from notify import chores
from notify.commands import codes, event_messages, floods
from notify.domain.floods import PRIORITY_TEMPLATES, UNCONFIRMED_THINGS, Caps, DayIsFull
from notify.models import DailyCount, Message
from notify.routes import TOPICS

from .conftest import BEGAN, MOBILE, Sender
from .telling import tell_event

Tell = Callable[..., Message]
CAPS = Caps(to_mobile=30, in_all=1000)


@pytest.fixture
def at(context: Context[Any, Any]) -> Callable[[float], Context[Any, Any]]:
    """`at(hours)` → the context so long after the tests' morning."""
    return lambda hours: replace(context, now=BEGAN + timedelta(hours=hours))


@pytest.fixture
def tell(session: Session, at: Callable[[float], Context[Any, Any]]) -> Tell:
    """`tell(report_id, happened, hours=…, confirmed=…)` → the message of an event of a report."""

    def publish(
        report_id: str, happened: str = "filed", *, hours: float = 0, confirmed: bool = False,
        mobile: str = MOBILE, role: str = "reporter", **changes: Any
    ) -> Message:  # fmt: skip
        context = at(hours)
        if changes:
            context = replace(context, settings=replace(context.settings, **changes))
        contact = Contact(role=role, mobile=mobile, confirmed=confirmed, token=None)
        create(context, [event_to(context, report_id, happened, contact)])
        newest = (
            select(Message).where(Message.role == role).order_by(Message.message_id.desc()).limit(1)
        )
        return session.scalars(newest).one()

    return publish


def event_to(
    context: Context[Any, Any], report_id: str, happened: str, contact: Contact
) -> Received:
    told = {"report_id": report_id, "report_number": "1448", "municipality": "qatif",
            "priority": "urgent", "clock": {"kind": "working", "escalation_level": 1}}  # fmt: skip
    return Received(
        id=new_id(),
        type=f"sa.gov.qatif.reports.report.{happened}.v1",
        subject=report_id,
        sequence=1,
        time=context.now,
        data={**told, "contacts": contacts_of(context.session).seal(report_id, [contact])},
    )


def create(context: Context[Any, Any], events: list[Received]) -> None:
    """Creates the messages for events of reports that come together."""
    event_messages.create_event_messages(
        context.session,
        TOPICS["reports.report"],
        events,
        addresses=event_messages.Addresses("https://reports.test/r/"),
        caps=context.settings.caps,
        now=context.now,
    )


def state(row: Message) -> tuple[str, str | None]:
    return row.state, row.reason


def use_up_the_day(tell: Tell, **which: Any) -> list[Message]:
    """Tells of as many reports as an unconfirmed mobile is told of in a day."""
    return [tell(new_id(), **which) for _ in range(UNCONFIRMED_THINGS)]


def test_events_that_come_together_are_held_as_those_that_come_one_by_one(
    session: Session, context: Context[Any, Any]
) -> None:
    contact = Contact(role="reporter", mobile=MOBILE, confirmed=False, token=None)
    things = [f"report-{number}" for number in range(UNCONFIRMED_THINGS + 2)]

    create(context, [event_to(context, thing, "filed", contact) for thing in things])
    create(context, [event_to(context, things[-1], "filed", contact)])

    held = session.scalars(select(Message.about_id).where(Message.state == "held"))
    assert sorted(held) == sorted([things[-2], things[-1], things[-1]])


def test_a_cap_that_is_reached_among_events_holds_the_later_ones(
    session: Session, context: Context[Any, Any]
) -> None:
    few = replace(context, settings=replace(context.settings, texts_to_mobile_per_day=3))
    contact = Contact(role="reporter", mobile=MOBILE, confirmed=True, token=None)
    things = [f"report-{number}" for number in range(4)]

    create(few, [event_to(few, thing, "filed", contact) for thing in things])

    held = session.scalars(select(Message.about_id).where(Message.state == "held"))
    assert list(held) == things[2:]


def test_an_unconfirmed_mobile_gets_the_texts_of_three_reports_a_day(tell: Tell) -> None:
    received = use_up_the_day(tell)
    fourth = new_id()

    told = [tell(fourth), tell(received[0].about_id or "", "asked"), tell(fourth, "closed")]

    assert [row.state for row in received] == ["created"] * 3
    assert [state(row) for row in told] == [
        ("held", "unconfirmed"),
        ("created", None),
        ("held", "unconfirmed"),
    ]


def test_an_officers_question_reaches_an_unconfirmed_mobile(tell: Tell) -> None:
    use_up_the_day(tell)

    assert state(tell(new_id(), "asked")) == ("created", None)


def test_a_text_of_an_unconfirmed_mobile_waits_for_the_code_also_on_a_full_day(tell: Tell) -> None:
    use_up_the_day(tell)

    assert state(tell(new_id(), texts_to_mobile_per_day=3)) == ("held", "unconfirmed")


def test_the_report_of_an_earlier_day_keeps_sending_texts(tell: Tell) -> None:
    first = new_id()
    tell(first)

    told = [*use_up_the_day(tell, hours=24), tell(first, "closed", hours=25)]

    assert {row.state for row in told} == {"created"}


def test_a_day_of_the_caps_is_a_day_in_riyadh(tell: Tell) -> None:
    use_up_the_day(tell)  # 11:00 in Riyadh

    assert tell(new_id(), hours=12.9).state == "held"
    assert tell(new_id(), hours=13).state == "created"


def test_a_confirmed_mobile_gets_the_texts_of_all_reports(tell: Tell) -> None:
    told = [tell(new_id(), confirmed=True) for _ in range(3)]

    assert [row.state for row in told] == ["created"] * 3


def test_a_code_releases_the_held_texts_of_its_mobile(
    session: Session, tell: Tell, at: Callable[[float], Context[Any, Any]]
) -> None:
    use_up_the_day(tell)
    use_up_the_day(tell, mobile="+966500000016")
    waiting, other = tell(new_id()), tell(new_id(), mobile="+966500000016")

    floods.confirm_mobile(session, MOBILE, CAPS, by="code", now=at(1).now)

    assert state(waiting) == ("created", None)
    assert waiting.due_at == at(1).now
    assert state(other) == ("held", "unconfirmed")
    assert tell(new_id(), hours=2).state == "created"


def test_a_code_releases_no_more_texts_than_the_mobiles_cap_of_the_day(
    session: Session, tell: Tell, at: Callable[[float], Context[Any, Any]]
) -> None:
    use_up_the_day(tell)
    waiting = [tell(new_id()) for _ in range(3)]

    floods.confirm_mobile(session, MOBILE, replace(CAPS, to_mobile=6), by="code", now=at(1).now)

    assert [state(row) for row in waiting] == [("created", None)] + [("held", "daily-cap")] * 2


def test_a_held_text_past_its_time_expires(
    session: Session, tell: Tell, at: Callable[[float], Context[Any, Any]]
) -> None:
    use_up_the_day(tell)
    waiting = tell(new_id())

    chores.release_held(at(71))
    before = waiting.state
    chores.release_held(at(73))

    assert (before, state(waiting)) == ("held", ("expired", "unconfirmed"))
    floods.confirm_mobile(session, MOBILE, CAPS, by="code", now=at(74).now)
    assert waiting.state == "expired"


def test_a_held_text_that_cannot_be_opened_delays_no_other_text(
    session: Session, tell: Tell, at: Callable[[float], Context[Any, Any]]
) -> None:
    use_up_the_day(tell)
    tell(new_id())
    tell(new_id(), mobile="+966500000016", confirmed=True, texts_per_day=1)
    session.execute(text("UPDATE message SET text_public = recipient WHERE state = 'held'"))
    session.expunge_all()

    chores.release_held(at(24))
    chores.release_held(at(73))

    states = "SELECT state FROM message WHERE role = 'reporter' ORDER BY message_id"
    assert session.scalars(text(states)).all() == [*["created"] * 3, "expired", "created"]


def test_a_mobile_has_a_cap_of_a_day_also_when_it_is_confirmed(
    tell: Tell, at: Callable[[float], Context[Any, Any]]
) -> None:
    told = [tell(new_id(), confirmed=True, texts_to_mobile_per_day=2) for _ in range(3)]

    chores.release_held(at(12))
    before = state(told[2])
    chores.release_held(at(21))

    assert [row.state for row in told[:2]] == ["created", "created"]
    assert before == ("held", "daily-cap")
    assert told[2].state == "created"


def test_a_text_held_by_a_cap_goes_in_daylight_only(
    tell: Tell, at: Callable[[float], Context[Any, Any]]
) -> None:
    tell(new_id(), confirmed=True, texts_per_day=1)
    held = tell(new_id(), confirmed=True, texts_per_day=1)

    states = []
    for hours in (13, 20.9, 34, 44.9):  # midnight, 7:54 and 21:00 in Riyadh, and 7:54 again
        chores.release_held(at(hours))
        states.append(held.state)
    chores.release_held(at(45))

    assert states == ["held"] * 4
    assert state(held) == ("created", None)


def test_texts_held_by_a_cap_go_within_the_cap_of_the_new_day(
    tell: Tell, at: Callable[[float], Context[Any, Any]]
) -> None:
    caps = {"confirmed": True, "texts_per_day": 3}
    mobiles = [f"+96650000{n:04d}" for n in range(10)]
    told = [tell(new_id(), mobile=one, **caps) for one in mobiles]
    tell(new_id(), mobile="+966500009999", hours=22, **caps)  # of the new day, in which it counts

    for hours in (22, 22.1, 23):
        context = at(hours)
        chores.release_held(replace(context, settings=replace(context.settings, texts_per_day=3)))

    assert [row.state for row in told] == ["created"] * 5 + ["held"] * 5
    assert state(tell(new_id(), mobile="+966500009998", hours=24, **caps)) == ("held", "daily-cap")


def test_a_mobile_gets_held_texts_within_its_own_cap(
    tell: Tell, at: Callable[[float], Context[Any, Any]]
) -> None:
    caps = {"confirmed": True, "texts_to_mobile_per_day": 2}
    told = [tell(new_id(), **caps) for _ in range(6)]
    others = [tell(new_id(), mobile="+966500000016", **caps) for _ in range(3)]

    for hours in (22, 22.1, 23):
        context = at(hours)
        chores.release_held(
            replace(context, settings=replace(context.settings, texts_to_mobile_per_day=2))
        )

    assert [row.state for row in told] == ["created"] * 4 + ["held"] * 2
    assert [row.state for row in others] == ["created"] * 3


def test_a_code_does_not_release_texts_held_by_a_cap(
    session: Session, tell: Tell, at: Callable[[float], Context[Any, Any]]
) -> None:
    tell(new_id(), texts_to_mobile_per_day=1)
    waiting = tell(new_id(), texts_to_mobile_per_day=1)

    floods.confirm_mobile(session, MOBILE, CAPS, by="code", now=at(1).now)

    assert state(waiting) == ("held", "daily-cap")


def test_released_texts_count(
    session: Session, tell: Tell, at: Callable[[float], Context[Any, Any]]
) -> None:
    caps = {"confirmed": True, "texts_to_mobile_per_day": 2}
    use_up_the_day(tell)
    tell(new_id())
    floods.confirm_mobile(session, MOBILE, CAPS, by="code", now=at(1).now)
    held = [tell(new_id(), hours=2, **caps) for _ in range(2)]

    chores.release_held(at(24))

    assert [state(row) for row in held] == [("created", None)] * 2
    assert state(tell(new_id(), hours=25, **caps)) == ("held", "daily-cap")


def test_a_day_has_a_cap_in_all(tell: Tell) -> None:
    mobiles = [f"+96650000{n:04d}" for n in range(3)]

    told = [tell(new_id(), mobile=one, confirmed=True, texts_per_day=2) for one in mobiles]

    assert [state(row) for row in told] == [
        ("created", None),
        ("created", None),
        ("held", "daily-cap"),
    ]


def test_codes_and_other_systems_texts_count_in_all_and_are_refused_when_the_day_is_full(
    session: Session, tell: Tell, at: Callable[[float], Context[Any, Any]]
) -> None:
    now = at(1).now
    caps = Caps(to_mobile=1, in_all=2)
    holder = codes.holder_of("portal-system", "report-inquiry", MOBILE)
    codes.send_code(session, holder, language="ar", seconds=300, caps=caps, now=now)

    first = tell(new_id(), confirmed=True, texts_per_day=2)
    waiting = tell(new_id(), mobile="+966500000999", confirmed=True, texts_per_day=2)

    assert (state(first), state(waiting)) == (("created", None), ("held", "daily-cap"))
    with pytest.raises(DayIsFull) as full:
        codes.send_code(session, holder, language="ar", seconds=300, caps=caps, now=now)
    assert 0 < full.value.retry_after <= 86_400


@pytest.mark.parametrize("happened", ["filed", "escalated"])
def test_an_alert_reaches_the_duty_officer_although_the_cap_is_reached(
    tell: Tell, happened: str
) -> None:
    caps = {"texts_per_day": 1, "texts_to_mobile_per_day": 1}
    tell(new_id(), confirmed=True, **caps)

    told = [tell(new_id(), happened, role="duty_officer", **caps) for _ in range(3)]

    assert [state(row) for row in told] == [("created", None)] * 3
    assert state(tell(new_id(), confirmed=True, **caps)) == ("held", "daily-cap")


def test_held_texts_do_not_count(tell: Tell) -> None:
    first, *_ = use_up_the_day(tell)
    for _ in range(5):
        tell(new_id())

    closed = tell(first.about_id or "", "closed", texts_to_mobile_per_day=5)

    assert closed.state == "created"  # the fourth text; a third of five is kept for bills


def test_officers_see_the_limits_and_the_held_texts(
    client: Any, token: Callable[..., dict[str, str]], tell: Tell
) -> None:
    use_up_the_day(tell)
    tell(new_id())

    shown = client.get("/v1/limits", headers=token("messages.read")).json()

    assert shown["held"] == [{"reason": "unconfirmed", "count": 1}]
    assert [one["name"] for one in shown["items"]] == ["mobile", "all"]


def test_two_processes_that_count_the_same_people_in_different_orders_never_lock_each_other_out(
    sender: Sender,
) -> None:
    people = [("+966500000008", "1"), ("+966500000016", "2")]
    met, failed = Barrier(2, timeout=1), list[Exception]()

    def tell(events: list[Received]) -> None:
        try:
            with sender.database.transaction() as session:
                for event in events:
                    event_messages.create_event_messages(
                        session,
                        TOPICS["reports.report"],
                        [event],
                        addresses=event_messages.Addresses(""),
                        caps=sender.settings.caps,
                        now=BEGAN,
                    )
                    with suppress(BrokenBarrierError):
                        met.wait()  # both have counted one; or the other one waits for us
        except Exception as error:
            failed.append(error)

    orders = [
        [sender.report_filed(number, mobile) for mobile, number in order]
        for order in (people, people[::-1])
    ]
    threads = [Thread(target=tell, args=(order,)) for order in orders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    with sender.database.transaction() as session:
        counted = session.query(DailyCount).filter_by(kind="all").all()
    assert [row.count for row in counted] == [4]


@pytest.fixture
def bill(session: Session, at: Callable[[float], Context[Any, Any]]) -> Tell:
    """`bill(hours=…)` → the message of a new bill to the tests' mobile."""

    def publish(*, hours: float = 0, **changes: Any) -> Message:
        context = at(hours)
        settings = replace(context.settings, **changes)
        bill_id = new_id()
        contact = Contact(role="owner", mobile=MOBILE, confirmed=True, token=None)
        state = {"bill_number": "4482000017", "biller_code": "174", "amount_halalas": 10_000,
                 "due_on": "2026-12-26", "municipality": "qatif"}  # fmt: skip
        event = Received(
            id=new_id(),
            type="sa.gov.qatif.payments.bill.registered.v1",
            subject=bill_id,
            sequence=1,
            time=context.now,
            data={**state, "contacts": contacts_of(session).seal(bill_id, [contact])},
        )
        (row,) = event_messages.create_event_messages(
            session,
            TOPICS["payments.bill"],
            [event],
            addresses=event_messages.Addresses(""),
            caps=settings.caps,
            now=context.now,
        )
        return row

    return publish


def test_a_third_of_a_mobiles_texts_is_kept_for_bills_and_decisions_with_a_term(
    tell: Tell, bill: Tell
) -> None:
    told = [tell(new_id(), confirmed=True, texts_to_mobile_per_day=6) for _ in range(5)]
    bills = [bill(texts_to_mobile_per_day=6) for _ in range(3)]

    assert [row.state for row in told] == ["created"] * 4 + ["held"]
    assert [row.state for row in bills] == ["created", "created", "held"]


# The event that sends each text, the role of its contact, and what the event has to say.
FIRST: dict[str, tuple[str, str, str, dict[str, Any]]] = {
    "bill-registered": ("payments.bill", "registered", "owner", {}),
    "bill-cancelled": ("payments.bill", "cancelled", "owner", {"bill_number": "4482000017"}),
    "payment-twice": ("payments.payment", "suspended", "owner", {"reason": "already-settled"}),
    "payment-differs": ("payments.payment", "suspended", "owner", {"reason": "amount-less"}),
    "payment-too-late": ("payments.payment", "suspended", "owner", {"reason": "bill-expired"}),
    "payment-refund-wanted": ("payments.payment", "refund_wanted", "owner", {}),
    "payment-account-wanted": ("payments.payment", "account_wanted", "owner", {}),
    "delegation-made": ("identity.delegation", "named", "owner", {}),
    "violation-warned": ("licences.violation", "warned", "owner", {}),
    "violation-notified": ("licences.violation", "notified", "owner", {}),
    "violation-upheld": ("licences.violation", "upheld", "owner", {}),
    "violation-reduced": ("licences.violation", "reduced", "owner", {}),
    "violation-final": ("licences.violation", "became_final", "owner", {}),
    "violation-owed-again": ("licences.violation", "payment_returned", "owner", {}),
    "licence-application-asked": (
        *("licences.application", "waiting", "owner"),
        {"asked": {"codes": ["lease-term"], "words": "عقد إيجار", "words_en": "A lease"}},
    ),
    "licence-application-returned": ("licences.application", "returned", "owner", {}),
    "licence-application-refused": (
        *("licences.application", "refused", "owner"),
        {"reason_code": "conditions"},
    ),
    "licence-suspended": ("licences.licence", "suspended", "owner", {}),
    "licence-cancelled": (
        *("licences.licence", "cancelled", "owner"),
        {"reason_code": "by-municipality"},
    ),
    "licence-closed": ("licences.licence", "closed", "owner", {}),
    "permit-request-refused": ("permits.request", "rejected", "owner", {}),
    "permit-suspended": ("permits.permit", "suspended", "owner", {}),
    "permit-cancelled": (
        *("permits.permit", "cancelled", "owner"),
        {"cancellation": {"for_owner": False}},
    ),
    "permit-cancelled-for-owner": (
        *("permits.permit", "cancelled", "owner"),
        {"cancellation": {"for_owner": True}},
    ),
    "permit-transferred": (
        *("permits.permit", "superseded", "owner"),
        {"successor_kind": "ownership_transfer"},
    ),
    "appeal-accepted": ("permits.appeal", "accepted", "owner", {}),
    "appeal-rejected": ("permits.appeal", "rejected", "owner", {}),
    "health-certificate-revoked": ("health-certs.certificate", "revoked", "worker", {}),
    "transaction-returned": ("transactions.transaction", "returned", "applicant", {}),
    "appointment-affected": ("appointments.appointment", "affected", "applicant", {}),
    "tender-deadline": ("tenders.notice", "deadline_changed", "holder", {"kind": "tender"}),
    "tender-cancelled": ("tenders.notice", "cancelled", "holder", {"kind": "tender"}),
    "lease-deadline": ("tenders.notice", "deadline_changed", "holder", {"kind": "lease"}),
    "lease-cancelled": ("tenders.notice", "cancelled", "holder", {"kind": "lease"}),
}


@pytest.mark.parametrize("template", sorted({*FIRST, *PRIORITY_TEMPLATES}))
def test_a_bill_and_a_decision_are_told_on_a_day_on_which_other_texts_wait(
    context: Context[Any, Any], template: str
) -> None:
    topic, happened, role, said = FIRST[template]
    few = replace(context, settings=replace(context.settings, texts_to_mobile_per_day=6))
    told = Contact(role=role, mobile=MOBILE, confirmed=True, token=None)
    reporter = replace(told, role="reporter")

    filed = few, "reports.report", "filed", reporter
    others = [tell_event(*filed, priority="normal") for _ in range(5)]
    first = tell_event(few, topic, happened, told, **said)

    assert [row.state for rows in others for row in rows] == ["created"] * 4 + ["held"]
    assert [(row.template, row.state) for row in first] == [(template, "created")]


def test_a_held_bill_goes_before_a_text_that_was_held_before_it(
    tell: Tell, bill: Tell, at: Callable[[float], Context[Any, Any]]
) -> None:
    caps = {"texts_per_day": 1}
    tell(new_id(), confirmed=True, **caps)
    other = tell(new_id(), confirmed=True, **caps)
    term = bill(**caps)

    context = at(22)
    chores.release_held(replace(context, settings=replace(context.settings, **caps)))

    assert (other.state, term.state) == ("held", "created")
