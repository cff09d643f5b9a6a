"""An application's life: what each outcome leads to, who hears of it, and that every state has a way out."""

import json
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from chassis.core.refusals import IllegalTransition, InvalidFields, NotFound
from chassis.data.deadlines import Deadline, pending
from chassis.data.unit_of_work import UnitOfWork
from licences.commands.bill import (
    expire_bill,
    receive_payment,
    replace_cancelled_bill,
    return_refused_bill,
)
from licences.commands.correct import correct_application, withdraw_application
from licences.commands.decide import end_overdue
from licences.commands.recording import SYSTEM, seals_of
from licences.commands.redecide import redecide_for_permits
from licences.commands.review import (
    approve_application,
    order_inspection,
    refuse_after_review,
    return_application,
)
from licences.models import Ask, Fact, Inspection, Invoice, KnownPermit, Licence
from saudi.days import legal_day

from .lives import LEASE, OWNER, pay

PERMIT = "01937c5e-8f00-7a11-8c2e-000000009999"


def test_what_costs_nothing_is_issued_without_a_hand(
    submit_and_decide: Any, professional: Any, event_names: Any, session: Any
) -> None:
    row = submit_and_decide(professional())

    licence = session.scalar(select(Licence))
    assert (row.status, row.licence_no) == ("issued", licence.licence_no)
    assert licence.licence_no == "144804000001"
    assert (licence.issued_on, licence.expires_on) == (date(2026, 11, 25), date(2027, 11, 24))
    assert event_names("application") == ["submitted", "issued"]
    assert event_names("licence") == ["issued"]
    assert event_names("invoice") == []


def test_a_fee_is_billed_and_the_licence_issued_when_the_money_is_there(
    submit_and_decide: Any, shop: Any, session: Any, event_names: Any, now: datetime
) -> None:
    row = submit_and_decide(shop())

    assert (row.status, row.fee_halalas) == ("awaiting_payment", 48_000)
    assert session.scalar(select(Licence)) is None
    assert event_names("invoice") == ["requested"]
    pay(session, row, now)
    assert row.status == "issued"
    assert event_names("application") == ["submitted", "billed", "issued"]


def test_the_invoice_carries_its_lines_and_the_payer_sealed(
    submit_and_decide: Any, shop: Any, outbox_rows: Any
) -> None:
    submit_and_decide(shop())

    (invoice,) = [row.envelope["data"] for row in outbox_rows() if row.topic == "licences.invoice"]
    assert sum(line["amount_halalas"] for line in invoice["lines"]) == invoice["amount_halalas"]
    assert OWNER not in str(invoice)


def test_money_that_comes_twice_issues_one_licence(
    submit_and_decide: Any, shop: Any, session: Any, now: datetime
) -> None:
    row = submit_and_decide(shop())

    pay(session, row, now)
    pay(session, row, now)

    assert len(session.scalars(select(Licence)).all()) == 1


def test_a_fact_that_arrives_later_decides_without_anybody_asking(
    submit_and_decide: Any, shop: Any, outside: Any, answer: Any, now: datetime, event_names: Any
) -> None:
    lease = outside.answers.pop(("lease_register", LEASE))
    row = submit_and_decide(shop())
    assert (row.status, row.waits_for) == ("waiting", ["lease-term"])

    outside.answers["lease_register", LEASE] = lease
    assert answer(at=now + timedelta(minutes=1)) == 0
    answer(at=now + timedelta(hours=1, seconds=1))

    assert row.status == "awaiting_payment"
    assert event_names("application") == ["submitted", "waiting", "billed"]


def test_only_what_is_missing_is_asked_again(
    submit_and_decide: Any, shop: Any, outside: Any, answer: Any, now: datetime
) -> None:
    del outside.answers["lease_register", LEASE]
    submit_and_decide(shop())
    outside.asked.clear()

    answer(at=now + timedelta(hours=2))

    assert outside.asked == [("lease_register", LEASE)]


def test_a_body_that_is_silent_or_talks_nonsense_makes_it_wait_and_be_asked_again(
    submit_and_decide: Any, shop: Any, outside: Any, session: Any
) -> None:
    outside.silent.add("civil_register")
    outside.answers["lease_register", LEASE] = {"starts_on": "yesterday", "ends_on": None}

    row = submit_and_decide(shop())

    ask = session.scalar(select(Ask))
    assert (row.status, set(row.waits_for)) == (
        "waiting",
        {"owner-age", "owner-eligible", "lease-term"},
    )
    assert ask.failures == {"civil_register": "time-out", "lease_register": "starts_on is no day"}


def test_waiting_is_told_once_while_it_is_for_the_same(
    submit_and_decide: Any, shop: Any, outside: Any, answer: Any, now: datetime, event_names: Any
) -> None:
    del outside.answers["lease_register", LEASE]
    submit_and_decide(shop())

    for hours in (2, 4, 6):
        answer(at=now + timedelta(hours=hours))

    assert event_names("application") == ["submitted", "waiting"]


def test_a_condition_that_is_not_satisfied_refuses_with_its_reason_in_words(
    submit_and_decide: Any, shop: Any, outside: Any
) -> None:
    outside.knows("civil_register", OWNER, birth_date="2010-01-01", nationality="saudi")

    row = submit_and_decide(shop())

    assert (row.status, row.reason_code) == ("refused", "conditions")
    assert [one["en"].partition(":")[0] for one in row.reasons] == ["The owner's age"]
    assert "العمر بالسنوات: 16" in row.reasons[0]["ar"]
    assert "2010" not in str(row.reasons)


def test_every_decision_is_kept_with_the_facts_it_was_made_by(
    submit_and_decide: Any, professional: Any, session: Any
) -> None:
    row = submit_and_decide(professional())

    licence = session.scalar(select(Licence))
    assert licence.decision == row.decision
    assert row.decision["facts"]["person"]["source"]["kind"] == "civil_register"
    assert {one["satisfied"] for one in row.decision["findings"]} == {True}


def test_a_fact_about_a_number_that_was_corrected_counts_no_more(
    submit_and_decide: Any,
    shop: Any,
    officer: Any,
    outside: Any,
    answer: Any,
    session: Any,
    now: datetime,
) -> None:
    del outside.answers["civil_register", OWNER]
    row = submit_and_decide(shop())
    other = {"ejar_no": "20000000001", "starts_on": "2026-11-01", "ends_on": "2028-10-31"}

    correct_application(UnitOfWork(session, officer, now), row.application_id, shop(lease=other))
    answer()

    assert "lease-term" in row.waits_for


@pytest.mark.parametrize("action", ["withdraw", "return", "refuse"])
def test_an_invoice_is_taken_back_when_its_application_goes_on_otherwise(
    submit_and_decide: Any,
    shop: Any,
    officer: Any,
    session: Any,
    now: datetime,
    event_names: Any,
    action: str,
) -> None:
    row = submit_and_decide(shop())
    if action == "withdraw":
        withdraw_application(UnitOfWork(session, officer, now), row.application_id)
    elif action == "return":
        reasons = [{"ar": "خطأ في الاسم"}]
        return_application(UnitOfWork(session, officer, now), row.application_id, reasons=reasons)
    else:
        with pytest.raises(IllegalTransition):
            refuse_after_review(UnitOfWork(session, officer, now), row.application_id, reason="سبب")
        return

    assert event_names("invoice") == ["requested", "withdrawn"]


def test_money_for_an_application_that_has_ended_goes_back(
    submit_and_decide: Any, shop: Any, officer: Any, session: Any, now: datetime, event_names: Any
) -> None:
    row = submit_and_decide(shop())
    invoice_id = row.invoice_id
    withdraw_application(UnitOfWork(session, officer, now), row.application_id)

    receive_payment(UnitOfWork(session, SYSTEM, now), invoice_id, paid_at=now)

    assert event_names("invoice") == ["requested", "withdrawn", "refund_requested"]
    assert session.scalar(select(Licence)) is None


def test_a_bill_that_was_not_paid_in_time_ends_the_application(
    submit_and_decide: Any, shop: Any, session: Any, now: datetime
) -> None:
    row = submit_and_decide(shop())

    expire_bill(UnitOfWork(session, SYSTEM, now), row.invoice_id)

    assert (row.status, row.reason_code) == ("withdrawn", "unpaid")


def test_a_bill_that_the_bill_system_refuses_returns_the_application(
    submit_and_decide: Any,
    shop: Any,
    session: Any,
    officer: Any,
    answer: Any,
    now: datetime,
    event_names: Any,
) -> None:
    row = submit_and_decide(shop())
    return_refused_bill(UnitOfWork(session, SYSTEM, now), row.invoice_id)
    assert (row.status, row.reason_code) == ("returned", "bill-refused")

    correct_application(UnitOfWork(session, officer, now), row.application_id, shop())
    answer()

    assert row.status == "awaiting_payment"
    assert event_names("invoice") == ["requested", "requested"]


def test_a_bill_that_somebody_cancelled_is_made_anew(
    submit_and_decide: Any, shop: Any, session: Any, now: datetime, event_names: Any
) -> None:
    row = submit_and_decide(shop())
    first = row.invoice_id

    replace_cancelled_bill(UnitOfWork(session, SYSTEM, now), first)

    assert (row.status, event_names("invoice")) == ("awaiting_payment", ["requested", "requested"])
    assert row.invoice_id != first


def due(session: Any, row: Any, kind: str, at: datetime) -> None:
    end_overdue(
        UnitOfWork(session, SYSTEM, at), Deadline("application", row.application_id, kind, at)
    )


def test_an_applicant_has_the_whole_last_day(
    submit_and_decide: Any, branch: Any, officer: Any, session: Any, now: datetime
) -> None:
    """Whatever the hour at which the days began to run."""
    waiting, returned = (submit_and_decide(branch(registered=False)) for _ in range(2))
    return_application(
        UnitOfWork(session, officer, now), returned.application_id, reasons=[{"ar": "أكملوا"}]
    )

    for row, days in ((waiting, 90), (returned, 30)):
        (due_at,) = pending(session, "application", row.application_id).values()
        assert row.ends_on == legal_day(now) + timedelta(days=days)
        assert legal_day(due_at - timedelta(microseconds=1)) == row.ends_on
        assert legal_day(due_at) == row.ends_on + timedelta(days=1)


def test_each_state_that_waits_for_somebody_has_a_deadline(
    submit_and_decide: Any, branch: Any, officer: Any, session: Any, now: datetime
) -> None:
    billed, unbilled = submit_and_decide(branch()), submit_and_decide(branch())
    return_refused_bill(UnitOfWork(session, SYSTEM, now), unbilled.invoice_id)
    waiting, returned = (submit_and_decide(branch(registered=False)) for _ in range(2))
    reasons = [{"ar": "أكملوا"}]
    return_application(UnitOfWork(session, officer, now), returned.application_id, reasons=reasons)

    expected = {
        "payment": (billed,),
        "waiting": (waiting,),
        "completion": (returned, unbilled),
    }
    for kind, row in ((kind, row) for kind, rows in expected.items() for row in rows):
        (only,) = pending(session, "application", row.application_id).items()
        assert only[0] == kind
        due(session, row, kind, only[1])

    assert (billed.status, billed.reason_code) == ("withdrawn", "unpaid")
    assert (waiting.status, waiting.reason_code) == ("refused", "waited-too-long")
    for row in (returned, unbilled):
        assert (row.status, row.reason_code) == ("withdrawn", "not-completed")


def test_nobody_is_asked_about_an_application_that_has_ended(
    submit_and_decide: Any, shop: Any, officer: Any, outside: Any, session: Any, now: datetime
) -> None:
    del outside.answers["lease_register", LEASE]
    row = submit_and_decide(shop())

    withdraw_application(UnitOfWork(session, officer, now), row.application_id)

    assert session.scalar(select(Ask)) is None
    assert pending(session, "application", row.application_id) == {}


def test_a_second_submission_of_an_id_is_the_first(
    submit_body: Any, professional: Any, event_names: Any
) -> None:
    key = "0195ff10-4d00-7b22-9d3f-0000000000aa"

    first, again = (submit_body(professional(), application_id=key) for _ in range(2))

    assert again is first
    assert event_names("application") == ["submitted"]


def test_another_municipality_s_application_is_not_found(
    submit_and_decide: Any, shop: Any, stranger: Any, session: Any, now: datetime
) -> None:
    row = submit_and_decide(shop(area_m2=300))

    with pytest.raises(NotFound):
        approve_application(UnitOfWork(session, stranger, now), row.application_id, reason="x")


@pytest.mark.parametrize(
    ("changes", "at_fault"),
    [
        ({"activities": [{"code": "960111", "main": False}]}, "activities"),
        ({"place": {"town": "الدمام", "district": "x", "latitude": 1, "longitude": 1}}, "place"),
        ({"place": {"town": "سيهات", "district": "x", "latitude": 24.7, "longitude": 46.7}}, "outside"),
        ({"place": {"town": "سيهات", "district": "x", "latitude": 50.0, "longitude": 26.5}}, "swapped"),
        ({"establishment": None}, "establishment"),
    ],
)  # fmt: skip
def test_what_breaks_a_rule_of_its_form_names_the_field(
    submit_body: Any, shop: Any, changes: Any, at_fault: str
) -> None:
    with pytest.raises(InvalidFields, match=at_fault):
        submit_body(shop(**changes))


def test_a_permit_that_is_issued_later_decides_the_applications_that_name_it(
    submit_and_decide: Any, shop: Any, officer: Any, outside: Any, session: Any, now: datetime
) -> None:
    outside.knows("civil_defence", "34-001122", expires_on="2027-06-01")
    row = submit_and_decide(
        shop(
            activities=[{"code": "475210", "main": True}],
            building_permit_no="1312/1448",
            safety_certificate={"number": "34-001122", "expires_on": "2027-06-01"},
        )
    )
    assert row.waits_for == ["building-use"]
    session.add(
        KnownPermit(
            permit_id=PERMIT,
            version=1,
            permit_number="1312/1448",
            number_key=row.building_permit_key,
            municipality="saihat",
            status="valid",
            use_class="commercial",
            completed=False,
            expires_on=date(2029, 1, 1),
            changed_at=now,
        )
    )

    session.flush()

    redecide_for_permits(UnitOfWork(session, SYSTEM, now), [PERMIT])

    assert row.status == "awaiting_payment"


def test_nothing_that_names_a_person_leaves_unsealed(
    submit_and_decide: Any, shop: Any, session: Any, now: datetime, outbox_rows: Any
) -> None:
    pay(session, submit_and_decide(shop()), now)

    told = str([row.envelope for row in outbox_rows()])
    for secret in (OWNER, "500000001", "1990-05-01", LEASE):
        assert secret not in told


def test_what_was_declared_about_no_person_goes_to_the_municipality_sealed(
    submit_and_decide: Any, shop: Any, session: Any, outbox_rows: Any
) -> None:
    row = submit_and_decide(shop())

    sealed = [row.envelope["data"].get("sealed") for row in outbox_rows()]
    opened = seals_of(session).data.unseal_text(
        next(one for one in sealed if one), f"licence-data/{row.application_id}"
    )
    form = json.loads(opened)["form"]
    assert (form["years"], form["establishment"]) == (1, {"size": "micro"})
    assert form["lease"]["ejar_no"] == LEASE
    assert form["place"]["latitude"] == 26.48
    assert form.keys().isdisjoint(("owner", "manager"))
    assert OWNER not in opened


@pytest.mark.parametrize("channel", ["citizen", "staff"])
def test_what_was_declared_goes_to_the_gateway_only_of_its_own_applications(
    submit_and_decide: Any, shop: Any, session: Any, outbox_rows: Any, channel: str
) -> None:
    row = submit_and_decide(shop(), channel=channel)

    sealed = [row.envelope["data"].get("sealed") for row in outbox_rows()]
    opened = seals_of(session).data.unseal_text(
        next(one for one in sealed if one), f"licence-data/{row.application_id}"
    )
    assert "form" not in json.loads(opened)
    assert LEASE not in opened


def test_facts_and_bodies_are_sealed_in_the_database(
    submit_and_decide: Any, shop: Any, session: Any
) -> None:
    from sqlalchemy import text

    submit_and_decide(shop())
    session.flush()

    rows = session.execute(text("SELECT body, decision, owner_number FROM application")).one()
    facts = session.execute(text("SELECT value FROM fact")).scalars().all()
    assert len(facts) == len(session.scalars(select(Fact)).all()) == 3
    for sealed in (*rows, *facts):
        assert OWNER.encode() not in bytes(sealed)


def test_the_numbers_of_municipalities_are_never_the_same(
    submit_and_decide: Any, professional: Any, session: Any
) -> None:
    towns = {"saihat": "سيهات", "tarout": "تاروت"}
    place = professional()["place"]
    rows = [
        submit_and_decide(
            professional(
                place={**place, "town": towns[one], "district": "الديرة", "latitude": latitude}
            ),
            municipality=one,
        )
        for one, latitude in (("saihat", 26.48), ("tarout", 26.57), ("saihat", 26.49))
    ]

    numbers = [row.licence_no for row in rows]
    assert numbers == ["144804000001", "144805000001", "144804000002"]
    assert session.scalar(select(Invoice)) is None


def test_an_ordered_visit_is_dropped_when_its_application_ends_or_goes_back(
    submit_and_decide: Any, branch: Any, officer: Any, session: Any, now: datetime
) -> None:
    withdrawn, returned = (
        submit_and_decide(branch(area_m2=300)),
        submit_and_decide(branch(area_m2=300)),
    )
    for row in (withdrawn, returned):
        order_inspection(UnitOfWork(session, officer, now), row.application_id)

    withdraw_application(UnitOfWork(session, officer, now), withdrawn.application_id)
    reasons = [{"ar": "أكملوا"}]
    return_application(UnitOfWork(session, officer, now), returned.application_id, reasons=reasons)

    assert {visit.result for visit in session.scalars(select(Inspection))} == {"dropped"}
