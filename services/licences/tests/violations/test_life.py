"""The life of a violation through the commands: rows, journal, events and bills."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from chassis.core import contracts
from chassis.core.refusals import Conflict, InvalidFields, NotFound
from chassis.data.aggregates import history
from chassis.data.deadlines import pending
from chassis.data.paging import PageRequest
from chassis.data.sealing import Keyring, Sealer
from chassis.data.unit_of_work import UnitOfWork
from licences.commands.gather import unpaid_final_violations
from licences.commands.recording import SYSTEM
from licences.commands.retention import empty_violations
from licences.commands.violations.court import enter_judgment, file_lawsuit
from licences.commands.violations.deadlines import (
    become_final,
    close_paid,
    end_correction,
    note_overdue,
)
from licences.commands.violations.decide import Verdict, cancel_violation, decide_objection
from licences.commands.violations.observe import (
    Observation,
    confirm_violation,
    note_correction,
    observe_violation,
    warn_offender,
)
from licences.commands.violations.pay import end_fine_bill, rebill_fine
from licences.domain.violations import (
    AlreadyBilled,
    AnotherPerson,
    NotReducible,
    WarningFirst,
)
from licences.models import FineInvoice, Objection
from licences.queries.violations import ViolationSearch, list_violations

from .conftest import BILL, CLERK, INSPECTOR, OFFENDER, OFFICER, Case, Person

Cases = Callable[[], Case]
FINE = 20_000  # of the item 5001: 800 riyals in class 2, a quarter for a micro establishment


def happened(outbox_rows: Callable[[], list[Any]], aggregate: str = "violation") -> list[str]:
    return [row.type.split(".")[-2] for row in outbox_rows() if row.aggregate_type == aggregate]


@pytest.fixture(autouse=True)
def _events_are_valid(outbox_rows: Callable[[], list[Any]]) -> Any:
    """Every event that a test publishes fits the contract."""
    yield
    for row in outbox_rows():
        contracts.check_event(row.type, row.envelope["data"])


def test_a_fine_follows_from_the_item_and_nobody_types_it(case: Cases) -> None:
    one = case().confirmed()

    assert one.row.amount_halalas == FINE
    assert (one.row.repetition, one.row.factor, one.row.size_percent) == (1, 1, 25)


def test_a_violation_gets_a_number_of_the_hijri_year(case: Cases) -> None:
    first, second = case().observed(), case().observed()

    assert first.row.violation_no.startswith("1448")
    assert int(second.row.violation_no) == int(first.row.violation_no) + 1


def test_a_warning_comes_first_and_a_correction_ends_it_without_a_fine(
    case: Cases, outbox_rows: Any
) -> None:
    one = case().observed("3001")
    with pytest.raises(WarningFirst):
        one.do(confirm_violation, INSPECTOR, note="قائمة")
    one.do(warn_offender, INSPECTOR)
    with pytest.raises(WarningFirst):
        one.days(14).do(confirm_violation, INSPECTOR, note="قائمة")

    one.do(note_correction, INSPECTOR, note="صححت")

    assert one.row.correct_until == date(2026, 12, 9)
    assert (one.row.status, one.row.amount_halalas) == ("corrected", None)
    assert happened(outbox_rows) == ["observed", "warned", "corrected"]
    assert pending(one.session, "violation", one.row.violation_id) == {}


def test_when_the_time_to_correct_is_over_an_inspector_looks_again(case: Cases) -> None:
    one = case().observed("3001")
    one.do(warn_offender, INSPECTOR)
    end_correction(UnitOfWork(one.session, SYSTEM, one.days(14).now), one.row)
    assert one.row.seen_again_from is None

    end_correction(UnitOfWork(one.session, SYSTEM, one.days(1).now), one.row)
    end_correction(UnitOfWork(one.session, SYSTEM, one.now), one.row)
    one.do(confirm_violation, INSPECTOR, note="ما زالت قائمة")

    assert one.row.status == "confirmed"
    assert [entry.action for entry in history(one.session, ("violation", one.row.violation_id))] == [
        "observe", "warn", "correction_ended", "confirm",
    ]  # fmt: skip


def test_who_is_notified_is_billed_with_how_the_amount_came_about(
    case: Cases, outbox_rows: Any
) -> None:
    one = case().notified()

    [event] = [row for row in outbox_rows() if row.aggregate_type == "invoice"]
    data = event.envelope["data"]
    payer = Sealer(Keyring.parse("1:" + "Y" * 43)).unseal_text(
        data["payer"], f"payer/{one.row.invoice_id}"
    )
    assert data["subject"] == {
        "type": "violation", "id": one.row.violation_id, "number": one.row.violation_no,
    }  # fmt: skip
    assert data["amount_halalas"] == FINE
    assert "الفئة 2" in data["lines"][0]["because"]["ar"]
    assert '"id_number":"7000000005"' in payer


def test_no_event_tells_who_the_offender_is(case: Cases, outbox_rows: Any) -> None:
    person = {"kind": "person", "name": "بيانات تجريبية", "id_type": "national_id",
              "id_number": "1000000008", "mobile": "0500000001"}  # fmt: skip
    case().notified(offender=person).objected().decided("reduce", 50)

    for row in outbox_rows():
        for secret in ("1000000008", "500000001", "بيانات تجريبية", "سارية"):
            assert secret not in str(row.envelope)


def test_a_paid_fine_is_closed_by_itself(case: Cases, outbox_rows: Any) -> None:
    one = case().notified().billed().paid()
    assert one.row.status == "paid"
    assert one.row.bill == BILL

    close_paid(UnitOfWork(one.session, SYSTEM, one.days(31).now), one.row)

    assert happened(outbox_rows)[-3:] == ["billed", "paid", "closed"]
    assert one.row.ended_at is not None


def test_the_same_payment_told_twice_is_one(case: Cases, outbox_rows: Any) -> None:
    one = case().notified().paid().paid()

    assert happened(outbox_rows).count("paid") == 1
    assert one.row.status == "paid"


def test_a_payment_before_the_bill_is_known_counts(case: Cases) -> None:
    one = case().notified().paid().billed()

    assert (one.row.status, one.row.bill) == ("paid", None)


def test_an_objection_withdraws_the_bill_and_the_decision_makes_another(
    case: Cases, outbox_rows: Any
) -> None:
    one = case().notified().billed()
    first = str(one.row.invoice_id)

    one.objected()
    assert one.row.bill is None
    one.decided("reduce", 50)

    assert happened(outbox_rows, "invoice") == ["requested", "withdrawn", "requested"]
    assert one.row.invoice_id != first
    assert one.session.get(FineInvoice, one.row.invoice_id).amount_halalas == FINE // 2
    assert one.row.until == date(2027, 1, 24)


def test_money_for_a_withdrawn_bill_pays_nothing(case: Cases) -> None:
    one = case().notified()
    first = str(one.row.invoice_id)

    one.objected().paid(first).decided("uphold").paid(first)

    assert one.row.status == "upheld"
    assert one.paid().row.status == "paid"


def test_a_paid_violation_that_was_a_mistake_is_cancelled_and_the_money_goes_back(
    case: Cases, outbox_rows: Any
) -> None:
    one = case().notified().paid()

    one.do(cancel_violation, OFFICER, reason="منشأة أخرى")

    assert happened(outbox_rows, "invoice") == ["requested", "refund_requested"]
    assert pending(one.session, "violation", one.row.violation_id) == {}


def test_an_expired_bill_is_followed_by_another_and_a_refused_one_waits(
    case: Cases, outbox_rows: Any
) -> None:
    one = case().notified().billed()
    with pytest.raises(AlreadyBilled):
        one.do(rebill_fine, OFFICER)
    end_fine_bill(UnitOfWork(one.session, SYSTEM, one.now), str(one.row.invoice_id), "expired")
    with pytest.raises(AlreadyBilled):  # it's on its way
        one.do(rebill_fine, OFFICER)
    second = str(one.row.invoice_id)
    end_fine_bill(UnitOfWork(one.session, SYSTEM, one.now), second, "refused")
    assert one.row.invoice_id == second

    one.do(rebill_fine, OFFICER)

    assert happened(outbox_rows, "invoice") == ["requested"] * 3
    assert one.billed().row.bill == BILL


def test_a_refused_bill_is_asked_for_anew_in_the_corrected_name(
    case: Cases, outbox_rows: Any
) -> None:
    one = case().notified().billed()
    end_fine_bill(UnitOfWork(one.session, SYSTEM, one.now), str(one.row.invoice_id), "refused")
    assert is_overdue(one)
    corrections = {"name": "بقالة النور بيانات تجريبية", "mobile": "0500000002", "id_type": None}

    one.do(rebill_fine, OFFICER, corrections=corrections)

    invoice = one.session.get_one(FineInvoice, one.row.invoice_id)
    assert invoice.payer == {**one.row.offender, "name": corrections["name"]}
    assert one.row.offender["mobile"] == "+966500000002"
    assert one.row.offender_number == OFFENDER["id_number"]
    last = history(one.session, ("violation", one.row.violation_id))[-1]
    assert last.details == {"corrected": ["name", "mobile"]}
    assert not is_overdue(one)


def is_overdue(one: Case) -> bool:
    page = PageRequest(limit=10, cursor=None, organisation="qatif", secret=b"k" * 32)
    found = list_violations(one.session, OFFICER, ViolationSearch(overdue=True), page)
    return [row.violation_id for row in found.rows] == [one.row.violation_id]


@pytest.mark.parametrize(
    "corrections",
    [
        {"id_type": "national_id"},
        {"mobile": "123"},
        {"name": "!"},
    ],
)
def test_a_correction_that_fits_no_offender_is_refused(
    case: Cases, corrections: dict[str, str]
) -> None:
    one = case().notified().billed()
    end_fine_bill(UnitOfWork(one.session, SYSTEM, one.now), str(one.row.invoice_id), "refused")

    with pytest.raises(InvalidFields):
        one.do(rebill_fine, OFFICER, corrections=corrections)


@pytest.mark.parametrize("who", [INSPECTOR, Person("p_inspector", name="آخر")])
def test_whoever_recorded_a_violation_doesnt_decide(case: Cases, who: Person) -> None:
    one = case().notified().objected()

    with pytest.raises(AnotherPerson):
        one.do(decide_objection, who, Verdict(outcome="cancel", reasons="لا"))
    with pytest.raises(AnotherPerson):
        one.do(cancel_violation, who, reason="لا")


def test_a_person_who_took_the_objection_decides_nothing_about_the_violation(case: Cases) -> None:
    one = case().notified().objected(CLERK)
    verdict = Verdict(outcome="cancel", reasons="لا")

    with pytest.raises(AnotherPerson):
        one.do(decide_objection, CLERK, verdict)
    with pytest.raises(AnotherPerson):
        one.do(cancel_violation, CLERK, reason="لا")
    one.decided("uphold").do(file_lawsuit, CLERK, case_number="4471/1448")
    with pytest.raises(AnotherPerson):
        one.do(enter_judgment, CLERK, verdict)


@pytest.mark.parametrize("reduce_to", [None, 1, 90, 100])
def test_a_decision_leaves_only_a_share_of_the_table(case: Cases, reduce_to: int | None) -> None:
    one = case().notified().objected()

    with pytest.raises(NotReducible):
        one.decided("reduce", reduce_to)


def test_a_decision_needs_reasons(case: Cases) -> None:
    one = case().notified().objected()

    with pytest.raises(InvalidFields):
        one.do(decide_objection, OFFICER, Verdict(outcome="uphold", reasons=" . "))


def test_a_violation_is_seen_within_the_governorate(case: Cases) -> None:
    one = case().observed()

    for point in ((50.0, 26.5), (24.7, 46.7)):
        place = {"latitude": point[0], "longitude": point[1]}
        sight = Observation(item="5001", municipality="qatif", offender=OFFENDER, **place)
        with pytest.raises(InvalidFields, match="latitude"):
            observe_violation(UnitOfWork(one.session, INSPECTOR, one.now), sight)


def test_a_decision_is_due_in_fifteen_days_and_what_is_late_heads_the_list(
    case: Cases, outbox_rows: Any
) -> None:
    one = case().notified().objected()
    note_overdue(UnitOfWork(one.session, SYSTEM, one.days(15).now), one.row)
    assert not one.session.get(Objection, one.row.violation_id).overdue

    note_overdue(UnitOfWork(one.session, SYSTEM, one.days(1).now), one.row)
    note_overdue(UnitOfWork(one.session, SYSTEM, one.now), one.row)

    assert one.session.get(Objection, one.row.violation_id).overdue
    assert happened(outbox_rows).count("decision_overdue") == 1
    assert one.decided("uphold").row.status == "upheld"


def test_a_court_has_the_last_word(case: Cases, outbox_rows: Any) -> None:
    one = case().notified().objected().decided("uphold")
    one.do(file_lawsuit, OFFICER, case_number="4471/1448")
    decision = Verdict(outcome="reduce", reasons="حكم", reduce_to=25)

    one.do(enter_judgment, OFFICER, decision)

    assert (one.row.status, one.row.final, one.row.amount_halalas) == ("reduced", True, FINE // 4)
    assert one.row.judgment_reasons == "حكم"
    with pytest.raises(Conflict):
        one.do(file_lawsuit, OFFICER, case_number="4471/1448")
    assert happened(outbox_rows)[-3:] == ["upheld", "sued", "reduced"]


def test_an_unpaid_final_violation_blocks_and_a_paid_one_doesnt(case: Cases) -> None:
    one, other = case().notified(), {"owner_number": None, "licence_no": None}

    def blocks() -> list[str]:
        return list(unpaid_final_violations(one.session, establishment="7000000005", **other))

    become_final(UnitOfWork(one.session, SYSTEM, one.days(30).now), one.row)
    assert blocks() == []
    become_final(UnitOfWork(one.session, SYSTEM, one.days(1).now), one.row)
    assert blocks() == [one.row.violation_no]
    assert list(unpaid_final_violations(one.session, establishment="7000000013", **other)) == []
    one.paid()
    assert blocks() == []


def test_another_municipalitys_violation_isnt_there(case: Cases) -> None:
    one = case().observed()
    stranger = Person("p_other", attributes={"municipality": "saihat"})

    with pytest.raises(NotFound):
        one.do(confirm_violation, stranger, note="قائمة")
    sight = Observation(item="5001", municipality="qatif", offender=OFFENDER)
    with pytest.raises(InvalidFields):
        observe_violation(UnitOfWork(one.session, stranger, one.now), sight)


def test_an_emptied_violation_keeps_its_figures(case: Cases, outbox_rows: Any) -> None:
    one = case().notified().paid()
    close_paid(UnitOfWork(one.session, SYSTEM, one.days(31).now), one.row)

    empty_violations(UnitOfWork(one.session, SYSTEM, one.now), before=one.now + timedelta(days=1))

    one.session.refresh(one.row)
    assert (one.row.offender, one.row.note, one.row.offender_key) == (None, None, None)
    assert one.session.get(FineInvoice, one.row.invoice_id).payer is None
    assert one.row.amount_halalas == FINE
    assert happened(outbox_rows)[-1] == "emptied"
    assert outbox_rows()[-1].envelope["data"]["inquiry"]["match"] == []


def test_the_reasons_of_a_judgment_are_emptied_with_the_violation(case: Cases) -> None:
    one = case().notified().objected().decided("uphold")
    one.do(file_lawsuit, OFFICER, case_number="4471/1448")
    one.do(enter_judgment, OFFICER, Verdict(outcome="cancel", reasons="حكم"))

    empty_violations(UnitOfWork(one.session, SYSTEM, one.now), before=one.now + timedelta(days=1))

    one.session.refresh(one.row)
    assert (one.row.status, one.row.judgment_reasons) == ("cancelled", None)


def test_nobody_is_told_of_a_violation_that_was_taken_back_before_its_notice(
    case: Cases, outbox_rows: Any
) -> None:
    case().confirmed().do(cancel_violation, OFFICER, reason="منشأة أخرى")

    for row in outbox_rows():
        data = row.envelope["data"]
        assert (data["contacts"], data["inquiry"]["match"], data["inquiry"]["subjects"]) == (
            [],
            [],
            [],
        )


def test_the_offender_is_told_of_a_cancellation_and_asks_after_it_by_number(
    case: Cases, outbox_rows: Any
) -> None:
    warned, notified = case().observed("3001"), case().notified()
    warned.do(warn_offender, INSPECTOR)

    for one in (warned, notified):
        one.do(cancel_violation, OFFICER, reason="منشأة أخرى")

        last = outbox_rows()[-1]
        assert last.type.endswith(".cancelled.v1")
        assert last.envelope["data"]["contacts"]
        assert last.envelope["data"]["inquiry"]["match"]


def test_a_cancellation_closes_an_open_objection(case: Cases, outbox_rows: Any) -> None:
    one = case().notified().objected()

    one.do(cancel_violation, OFFICER, reason="منشأة أخرى")

    objection = one.session.get_one(Objection, one.row.violation_id)
    assert (objection.outcome, objection.decided_at) == ("cancel", one.now)
    assert objection.decided_by == OFFICER.subject
    last = outbox_rows()[-1].envelope["data"]
    assert (last["decide_until"], last["inquiry"]["due_on"]) == (None, None)


@pytest.mark.parametrize("ends", ["correct", "cancel"])
def test_no_inspector_looks_again_at_a_violation_that_has_ended(case: Cases, ends: str) -> None:
    one = case().observed("3001")
    one.do(warn_offender, INSPECTOR)
    end_correction(UnitOfWork(one.session, SYSTEM, one.days(15).now), one.row)
    assert one.row.seen_again_from is not None

    if ends == "correct":
        one.do(note_correction, INSPECTOR, note="صححت")
    else:
        one.do(cancel_violation, OFFICER, reason="منشأة أخرى")

    assert one.row.seen_again_from is None


def test_a_deadline_that_was_outrun_changes_nothing(case: Cases, now: datetime) -> None:
    one = case().notified().paid()
    version = one.row.version

    for by_itself in (end_correction, become_final, note_overdue):
        by_itself(UnitOfWork(one.session, SYSTEM, now + timedelta(days=400)), one.row)

    assert one.row.version == version


def test_the_town_of_a_violation_is_kept_as_records_spell_it(case: Cases) -> None:
    assert case().observed(town="قطيف").row.town == "القطيف"
