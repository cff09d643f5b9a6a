"""Personal data are removed when their time is over; the figures stay, and nobody finds them by a number."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from chassis.core import contracts
from chassis.data.aggregates import history
from chassis.data.paging import PageRequest
from chassis.data.unit_of_work import UnitOfWork
from chassis.process import Process
from licences.commands.bill import end_unpaid, receive_payment
from licences.commands.issue import cancel_licence
from licences.commands.recording import SYSTEM
from licences.commands.retention import RETENTION, empty_applications, empty_licences
from licences.commands.review import approve_application, order_inspection, record_inspection
from licences.commands.submit import submit_application
from licences.commands.supervise import reinstate_licence, suspend_licence
from licences.models import Application, Fact, Inspection, Licence
from licences.queries.applications import (
    RegisterSearch,
    history_of_application,
    history_of_licence,
    remarks_of,
    search_register,
)

OWNER = "1000000008"
PAGE = PageRequest(limit=10, cursor=None, organisation="", secret=b"c" * 32)


def empty(session: Session, now: datetime) -> tuple[int, int]:
    before = now - timedelta(days=1_825)
    return (
        empty_applications(UnitOfWork(session, SYSTEM, now), before=before),
        empty_licences(UnitOfWork(session, SYSTEM, now), before=before),
    )


def test_nothing_is_emptied_before_its_time(
    submit_and_decide: Any, professional: Any, session: Any, now: datetime
) -> None:
    submit_and_decide(professional())

    assert empty(session, now + timedelta(days=1_824)) == (0, 0)


def test_an_old_application_keeps_its_figures_and_no_person(
    submit_and_decide: Any,
    professional: Any,
    session: Any,
    now: datetime,
    event_names: Any,
    outbox_rows: Any,
) -> None:
    row = submit_and_decide(professional())

    assert empty(session, now + timedelta(days=1_826))[0] == 1

    assert (row.body, row.owner_key, row.decision) == (None, None, None)
    assert (row.status, row.outcome, row.rules) == ("issued", "issued", "2026.1")
    assert {fact.value for fact in session.scalars(select(Fact))} == {None}
    assert event_names("application")[-1] == "emptied"
    last = [one for one in outbox_rows() if one.topic == "licences.application"][-1]
    assert (last.envelope["data"]["sealed"], last.envelope["data"]["contacts"]) == (None, [])


def test_what_an_inspector_wrote_goes_with_the_application(
    submit_and_decide: Any, shop: Any, officer: Any, session: Any, now: datetime
) -> None:
    row = submit_and_decide(shop(area_m2=300))
    order_inspection(UnitOfWork(session, officer, now), row.application_id)
    note = "المالك بيانات تجريبية غائب"
    work = UnitOfWork(session, officer, now)
    record_inspection(work, row.application_id, passed=False, inspected_on=now.date(), note=note)

    empty(session, now + timedelta(days=1_826))

    visit = session.scalars(select(Inspection).execution_options(populate_existing=True)).one()
    assert (visit.result, visit.note) == ("failed", None)


def in_the_journal(session: Any) -> str:
    return str(session.scalars(text("SELECT j::text FROM journal AS j")).all())


def test_what_officers_wrote_stands_in_the_history_and_goes_with_the_application(
    submit_and_decide: Any, shop: Any, officer: Any, session: Any, now: datetime, outbox_rows: Any
) -> None:
    row = submit_and_decide(shop(area_m2=300))
    key = row.application_id
    written = ["يُسأل جاره سالم", "جاره سالم راضٍ", "أوافق لأن سالمًا شهد له"]
    order_inspection(UnitOfWork(session, officer, now), key, note=written[0])
    record_inspection(
        UnitOfWork(session, officer, now),
        key,
        passed=True,
        inspected_on=now.date(),
        note=written[1],
    )
    approve_application(UnitOfWork(session, officer, now), key, reason=written[2])
    history = history_of_application(session, officer, key)
    assert set(written) <= set(remarks_of(session, history).values())

    end_unpaid(UnitOfWork(session, SYSTEM, now), row)
    empty(session, now + timedelta(days=1_826))

    assert remarks_of(session, history_of_application(session, officer, key)) == {}
    for one in written:
        assert one not in in_the_journal(session)
        assert one not in str([row.envelope for row in outbox_rows()])


def test_why_a_licence_was_reinstated_goes_with_it(
    submit_and_decide: Any, professional: Any, officer: Any, session: Any, now: datetime
) -> None:
    submit_and_decide(professional())
    number = session.scalars(select(Licence.licence_no)).one()
    suspend_licence(UnitOfWork(session, officer, now), number, reason="شكوى جاره سالم")
    reinstate_licence(UnitOfWork(session, officer, now), number, reason="سحبها سالم")
    assert (
        "سحبها سالم" in remarks_of(session, history_of_licence(session, officer, number)).values()
    )

    empty(session, now + timedelta(days=3_000))

    assert remarks_of(session, history_of_licence(session, officer, number)) == {}
    assert "سالم" not in in_the_journal(session)


def test_a_trade_name_goes_with_the_licence_and_the_register_finds_it_no_more(
    submit_and_decide: Any, shop: Any, session: Any, now: datetime
) -> None:
    row = submit_and_decide(shop())
    receive_payment(UnitOfWork(session, SYSTEM, now), row.invoice_id, paid_at=now)
    licence = session.scalar(select(Licence))
    named = [RegisterSearch(name="الواحة"), RegisterSearch(activity="960111")]
    assert [len(search_register(session, one, PAGE).rows) for one in named] == [1, 1]

    empty(session, now + timedelta(days=3_000))

    assert (licence.trade_name, licence.trade_key, licence.emptied_at is None) == (
        None,
        None,
        False,
    )
    assert licence.establishment == "7000000005"
    assert [len(search_register(session, one, PAGE).rows) for one in named] == [0, 0]


def test_an_old_licence_is_emptied_once(
    submit_and_decide: Any, professional: Any, session: Any, now: datetime, event_names: Any
) -> None:
    submit_and_decide(professional())
    licence = session.scalar(select(Licence))
    cancel_licence(UnitOfWork(session, SYSTEM, now), licence, "by-owner", None)
    later = now + timedelta(days=1_826)

    counts = empty(session, later)[1], empty(session, later)[1]

    assert counts == (1, 0)
    assert licence.body is None
    assert event_names("licence") == ["issued", "cancelled", "emptied"]
    assert session.scalars(select(Application.emptied_at)).one() is not None


def test_money_for_an_emptied_application_still_goes_back(
    submit_and_decide: Any, shop: Any, session: Any, now: datetime, outbox_rows: Any
) -> None:
    """The event is read late, as from the parking lot. Payments knows the payer."""
    row = submit_and_decide(shop())
    end_unpaid(UnitOfWork(session, SYSTEM, now), row)
    later = now + timedelta(days=1_826)
    assert empty(session, later)[0] == 1

    receive_payment(UnitOfWork(session, SYSTEM, later), str(row.invoice_id), paid_at=now)

    told = [one.envelope["data"] for one in outbox_rows() if one.topic == "licences.invoice"][-1]
    assert (told["status"], told["payer"], told["contacts"]) == ("refund_requested", None, [])
    contracts.check_event("sa.gov.qatif.licences.invoice.refund_requested.v1", told)


def test_two_workers_empty_an_application_once(
    process: Process[Any, Any], submission: Any, professional: Any, now: datetime
) -> None:
    before = now - timedelta(days=1_825)
    with process.transaction() as context:
        work = UnitOfWork(context.session, SYSTEM, now)
        row = submit_application(work, submission(professional()))
        row.status, row.closed_at, key = "withdrawn", before - timedelta(days=1), row.application_id

    def run(context: Any) -> int:
        return empty_applications(UnitOfWork(context.session, RETENTION, now), before=before)

    def run_apart() -> int:
        with process.transaction() as context:
            return run(context)

    with ThreadPoolExecutor(1) as pool, process.transaction() as context:
        counts = [run(context), pool.submit(run_apart).result(timeout=20)]

    assert counts == [1, 0]
    with process.transaction() as context:
        actions = [entry.action for entry in history(context.session, ("application", key))]
    assert actions.count("empty") == 1
