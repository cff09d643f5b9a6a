"""A licence goes on: renewed, cancelled, moved, visited."""

from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import select

from chassis.core.refusals import InvalidFields
from chassis.data.unit_of_work import UnitOfWork
from licences.commands import issue
from licences.commands.bill import return_refused_bill
from licences.commands.correct import correct_application
from licences.commands.issue import MOVED
from licences.commands.recording import SYSTEM
from licences.commands.supervise import suspend_licence
from licences.models import Inspection, Licence

from .lives import pay


def renewal(row: Any, **more: Any) -> dict[str, Any]:
    return {"request": "renew", "licence_no": row.licence_no, **more}


def test_a_renewal_in_time_goes_on_from_the_end_and_keeps_the_number(
    submit_and_decide: Any, professional: Any, session: Any, event_names: Any
) -> None:
    first = submit_and_decide(professional())
    later = datetime.fromisoformat("2027-10-01T08:00:00+00:00")

    row = submit_and_decide({"years": 2}, at=later, **renewal(first))

    licence = session.scalar(select(Licence))
    assert (row.status, row.licence_no) == ("issued", first.licence_no)
    assert (licence.expires_on, licence.years) == (date(2029, 11, 24), 2)
    assert event_names("licence") == ["issued", "renewed"]


def test_a_renewal_before_its_time_is_refused(submit_and_decide: Any, professional: Any) -> None:
    first = submit_and_decide(professional())

    row = submit_and_decide({"years": 1}, **renewal(first))

    assert row.status == "refused"
    assert row.reasons[0]["en"].startswith("The time of the renewal: not satisfied")


def test_a_cancellation_ends_the_licence_and_its_visits(
    submit_and_decide: Any, shop: Any, session: Any, now: datetime, event_names: Any
) -> None:
    first = submit_and_decide(shop())
    pay(session, first, now)

    row = submit_and_decide(
        {"reason": "انتهى النشاط"}, request="cancel", licence_no=first.licence_no
    )

    licence = session.scalar(select(Licence))
    assert (row.status, licence.status, licence.reason_code) == ("issued", "cancelled", "by-owner")
    assert event_names("licence") == ["issued", "cancelled"]
    assert session.scalar(select(Inspection)).result == "dropped"


def test_the_licence_of_another_municipality_is_not_renewed(
    submit_and_decide: Any, submit_body: Any, professional: Any
) -> None:
    first = submit_and_decide(professional())

    with pytest.raises(InvalidFields, match="licence-unknown"):
        submit_body({"years": 1}, municipality="tarout", **renewal(first))


def test_a_shop_that_moves_gets_a_new_licence_and_the_old_one_ends(
    submit_and_decide: Any, shop: Any, session: Any, now: datetime
) -> None:
    old = submit_and_decide(shop())
    pay(session, old, now)

    new = submit_and_decide(shop(replaces_licence_no=old.licence_no))
    pay(session, new, now)

    row = session.scalar(select(Licence).where(Licence.licence_no == old.licence_no))
    assert (row.status, row.reason_code) == ("cancelled", MOVED)
    assert row.replaced_by == new.licence_no != old.licence_no


def test_an_end_that_a_stop_overtakes_says_that_it_was_refused(
    submit_and_decide: Any,
    shop: Any,
    officer: Any,
    session: Any,
    now: datetime,
    outbox_rows: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = submit_and_decide(shop())
    pay(session, first, now)
    lock = issue._lock_licence_of

    def stop_and_lock(work: UnitOfWork, row: Any) -> Licence:
        suspend_licence(UnitOfWork(session, officer, now), first.licence_no, reason="سبب")
        return lock(work, row)

    monkeypatch.setattr(issue, "_lock_licence_of", stop_and_lock)
    row = submit_and_decide(
        {"reason": "انتهى النشاط"}, request="cancel", licence_no=first.licence_no
    )

    said = [one for one in outbox_rows() if one.type.endswith(".application.refused.v1")]
    assert (row.status, row.reason_code, row.outcome) == ("refused", "licence-not-valid", "refused")
    assert said[-1].envelope["data"]["decision"]["outcome"] == "refused"


def test_an_immediate_shop_is_inspected_after_its_issue(
    submit_and_decide: Any,
    shop: Any,
    professional: Any,
    session: Any,
    now: datetime,
    outbox_rows: Any,
) -> None:
    submit_and_decide(professional())
    pay(session, submit_and_decide(shop()), now)

    (visit,) = session.scalars(select(Inspection))
    assert (visit.stage, visit.due_on) == ("after-issue", date(2026, 12, 25))
    told = [
        one.envelope["data"]["visit_due_on"]
        for one in outbox_rows()
        if one.type.endswith(".licence.issued.v1")
    ]
    assert told == [None, "2026-12-25"]


def test_the_money_for_a_renewal_goes_back_when_the_licence_is_not_valid_any_more(
    submit_and_decide: Any, shop: Any, officer: Any, session: Any, now: datetime, event_names: Any
) -> None:
    first = submit_and_decide(shop())
    pay(session, first, now)
    later = datetime.fromisoformat("2027-10-01T08:00:00+00:00")
    row = submit_and_decide({"years": 1}, at=later, **renewal(first))
    assert row.status == "awaiting_payment"
    suspend_licence(UnitOfWork(session, officer, later), first.licence_no, reason="سبب")

    pay(session, row, later)

    assert (row.status, row.reason_code) == ("withdrawn", "licence-not-valid")
    assert event_names("invoice") == ["requested", "requested", "refund_requested"]
    assert event_names("licence") == ["issued", "suspended"]


def test_a_renewal_whose_bill_was_refused_is_corrected_in_its_owner_s_name(
    submit_and_decide: Any, shop: Any, session: Any, officer: Any, answer: Any, now: datetime
) -> None:
    """The owner's name and mobile may change, the owner may not."""
    first = submit_and_decide(shop())
    pay(session, first, now)
    later = datetime.fromisoformat("2027-10-01T08:00:00+00:00")
    row = submit_and_decide({"years": 1}, at=later, **renewal(first))
    return_refused_bill(UnitOfWork(session, SYSTEM, later), row.invoice_id)
    assert row.status == "returned"

    owner = {**shop()["owner"], "name": "اسم آخر (بيانات تجريبية)", "mobile": "0500000009"}
    other = {**owner, "id_number": "1000000016"}
    body = shop(owner=other, years=1)
    correct_application(UnitOfWork(session, officer, later), row.application_id, body)
    answer(at=later)

    assert row.status == "awaiting_payment"
    named = {name: row.body["owner"][name] for name in ("name", "mobile", "id_number")}
    assert named == {
        "name": "اسم آخر (بيانات تجريبية)", "mobile": "+966500000009", "id_number": "1000000008"
    }  # fmt: skip
