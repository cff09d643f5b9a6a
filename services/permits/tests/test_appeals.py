"""An owner's appeal lifts what it's against, decided by another person, in time, and once."""

from datetime import date, timedelta
from typing import Any

import pytest

from chassis.core import contracts
from chassis.core.refusals import IllegalTransition, InvalidFields, NotFound
from chassis.data.paging import PageRequest
from permits import queries
from permits.commands import change_permit, completion, handle_appeal, review
from permits.commands.handle_appeal import Filing
from permits.domain import certificates
from permits.domain.actors import DutiesSeparated
from permits.domain.appeals import Against, AppealExists, AppealMoot, AppealTooLate, NothingToAppeal
from permits.domain.requests import AlreadySubmitted
from permits.domain.searches import AppealSearch

Desk = Any
ELSEWHERE = {
    "land__plots": ["8120"]
}  # a new permit beside a cancelled one of the plot names that one
REPRESENTATIVE = {
    "name": "وكيل تجربة (بيانات تجريبية)",
    "capacity": "legal_agent",
    "authority_number": "4455667788",
}


def file(desk: Desk, against: str, of: str, **more: Any) -> Any:
    filing = Filing(against=Against(against), of=of, grounds="المخطط معتمد", **more)
    return handle_appeal.file(desk.work, filing)


def decide(desk: Desk, how: str, appeal: Any, who: Any = None) -> Any:
    command = getattr(handle_appeal, how)
    work = desk.work.acting_as(who or desk.reviewer)
    return command(work, appeal.appeal_id, reason="بعد النظر")


def cancel(desk: Desk, permit: Any) -> Any:
    return change_permit.cancel_permit(desk.work, permit.permit_id, reason="خارج المخطط")


def suspend_permit(desk: Desk, permit: Any) -> Any:
    return change_permit.suspend(
        desk.work,
        permit.permit_id,
        reason="ملاحظات",
        body="الدفاع المدني",
    )


def rejected(desk: Desk, **changes: Any) -> Any:
    request = desk.submit(**changes)
    desk.take(request, "send_to_office", "send_to_technical_review")
    return review.reject(desk.work, request.request_id, reason="خارج النطاق")


def refused(desk: Desk) -> tuple[Any, Any]:
    permit = desk.issued()
    found = completion.CompletionRefusal(
        inspected_on=desk.now.date(), inspector="م. تجربة", reason="ملاحظات السلامة"
    )
    return permit, completion.refuse_completion(desk.work, permit.permit_id, found)


def test_a_cancelled_permit_is_what_it_was_with_the_suspension_beneath(desk: Desk) -> None:
    permit = cancel(desk, suspend_permit(desk, desk.issued()))
    appeal = file(desk, "cancellation", permit.permit_id)

    decide(desk, "accept", appeal)

    assert (permit.status, permit.cancellation) == ("suspended", None)
    assert permit.suspension["body"] == "الدفاع المدني"
    assert desk.published(permit.permit_id)[-1].happened == "reinstated"


def test_a_suspension_is_lifted(desk: Desk) -> None:
    permit = suspend_permit(desk, desk.issued())

    decide(desk, "accept", file(desk, "suspension", permit.permit_id))

    assert (permit.status, permit.suspension) == ("valid", None)


def test_a_suspension_beneath_a_cancellation_is_lifted_and_the_permit_stays_cancelled(
    desk: Desk,
) -> None:
    permit = suspend_permit(desk, desk.issued())
    appeal = file(desk, "suspension", permit.permit_id)
    cancel(desk, permit)

    decide(desk, "accept", appeal)

    assert (permit.status, permit.suspension) == ("cancelled", None)
    assert desk.published(permit.permit_id)[-1].happened == "amended"


def test_a_rejected_request_is_reviewed_from_the_beginning(desk: Desk) -> None:
    request = rejected(desk)

    decide(desk, "accept", file(desk, "rejection", request.request_id))

    assert (request.status, request.reason, request.ended_on) == ("technical_review", None, None)
    last = desk.published(request.request_id)[-1]
    assert (last.happened, last.data["decided_on"]) == ("forwarded", None)
    contracts.check_event("sa.gov.qatif.permits.request.forwarded.v1", last.data)
    desk.take(request, "pass_technical_review", "approve")
    assert request.status == "approved"


def test_a_request_whose_number_was_taken_up_again_is_not_opened_beside_it(desk: Desk) -> None:
    request = rejected(desk)
    appeal = file(desk, "rejection", request.request_id)
    desk.submit(request_number=request.request_number)

    with pytest.raises(AlreadySubmitted), desk.session.begin_nested():
        decide(desk, "accept", appeal)

    assert decide(desk, "withdraw", appeal).status == "withdrawn"


def test_a_refused_completion_is_no_refusal_any_more_and_the_gate_stays(desk: Desk) -> None:
    permit, refusal = refused(desk)

    decide(desk, "accept", file(desk, "completion_refusal", refusal.certificate_id))

    last = desk.published(refusal.certificate_id)[-1]
    assert (refusal.status, last.happened) == ("voided", "voided")
    contracts.check_event("sa.gov.qatif.permits.certificate.voided.v1", last.data)
    with pytest.raises(certificates.CompletionRefused):
        desk.complete(permit)


@pytest.mark.parametrize("how", ["accept", "reject", "withdraw"])
def test_who_made_the_decision_does_not_end_the_appeal(desk: Desk, how: str) -> None:
    permit = cancel(desk, desk.issued())
    appeal = file(desk, "cancellation", permit.permit_id)

    with pytest.raises(DutiesSeparated) as caught:
        decide(desk, how, appeal, desk.officer)

    assert (caught.value.code, caught.value.params) == ("decided-appealed", {"who": "موظف تجربة"})
    assert (appeal.status, permit.status) == ("received", "cancelled")


def test_who_made_an_earlier_decision_may_decide(desk: Desk) -> None:
    permit = suspend_permit(desk, desk.issued())
    change_permit.cancel_permit(
        desk.work.acting_as(desk.reviewer), permit.permit_id, reason="خارج المخطط"
    )

    appeal = file(desk, "cancellation", permit.permit_id)

    assert decide(desk, "accept", appeal, desk.officer).status == "accepted"


def test_a_small_office_is_warned_and_the_history_says_so(desk: Desk) -> None:
    small = {
        "municipality": "umm-al-hamam",
        "land__town": "أم الحمام",
        "land__district": "الأنوار",
    }
    request = rejected(desk, **small)
    appeal = file(desk, "rejection", request.request_id)

    decide(desk, "reject", appeal, desk.officer)

    told = queries.history_of_appeal(desk.session, desk.officer, appeal.appeal_id)
    assert [(row.action, row.details) for row in told] == [
        ("file_appeal", None),
        ("decide_appeal", {"status": ["قيد النظر", "مرفوض"], "duty": "decided-appealed"}),
    ]


def test_a_rejected_appeal_changes_nothing_and_there_is_no_second_one(desk: Desk) -> None:
    permit = cancel(desk, desk.issued())
    appeal = decide(desk, "reject", file(desk, "cancellation", permit.permit_id))

    assert (permit.status, appeal.reason) == ("cancelled", "بعد النظر")
    with pytest.raises(AppealExists) as caught:
        file(desk, "cancellation", permit.permit_id)
    assert (caught.value.code, caught.value.params) == (
        *("rejected", {"number": appeal.appeal_number}),
    )
    with pytest.raises(IllegalTransition):
        decide(desk, "accept", appeal)


def test_a_withdrawn_appeal_may_be_filed_anew_and_another_cancellation_too(desk: Desk) -> None:
    permit = cancel(desk, desk.issued())
    decide(desk, "withdraw", file(desk, "cancellation", permit.permit_id))
    decide(desk, "accept", file(desk, "cancellation", permit.permit_id))
    desk.now += timedelta(days=1)
    cancel(desk, permit)

    assert file(desk, "cancellation", permit.permit_id).status == "received"


def test_a_late_appeal_is_refused_with_its_last_day(desk: Desk) -> None:
    permit = cancel(desk, desk.issued())
    desk.now += timedelta(days=61)

    with pytest.raises(AppealTooLate) as caught:
        file(desk, "cancellation", permit.permit_id)

    assert caught.value.params["last_day"] == date(2027, 1, 23)
    handed_in = date(2027, 1, 23)
    appeal = file(desk, "cancellation", permit.permit_id, filed_on=handed_in)
    assert (appeal.filed_on, appeal.decide_by) == (handed_in, handed_in + timedelta(days=60))


def test_what_was_lifted_otherwise_is_not_lifted_twice_and_the_appeal_is_closed(
    desk: Desk,
) -> None:
    permit = suspend_permit(desk, desk.issued())
    appeal = file(desk, "suspension", permit.permit_id)
    change_permit.reinstate(desk.work, permit.permit_id, reason="عولجت")

    with pytest.raises(AppealMoot), desk.session.begin_nested():
        decide(desk, "accept", appeal)
    desk.now += timedelta(days=1)
    suspend_permit(desk, permit)
    with pytest.raises(AppealMoot), desk.session.begin_nested():
        decide(desk, "accept", appeal)

    assert decide(desk, "withdraw", appeal).status == "withdrawn"


def test_there_is_nothing_to_appeal_against_where_nothing_was_decided(desk: Desk) -> None:
    permit = desk.issued()
    certificate = desk.insulated(permit)

    for against, of in (
        ("cancellation", permit.permit_id),
        ("suspension", permit.permit_id),
        ("rejection", permit.request_id),
    ):
        with pytest.raises(NothingToAppeal):
            file(desk, against, of)
    with pytest.raises(NotFound):
        file(desk, "completion_refusal", certificate.certificate_id)


def test_a_cancellation_at_the_owner_s_request_is_no_decision_to_appeal_against(desk: Desk) -> None:
    permit = desk.issued()
    asked = change_permit.OwnersRequest(reason="عدول المالك عن البناء", papers=("طلب المالك",))
    stranger = change_permit.OwnersRequest(reason="عدول", owner=4, papers=("طلب",))
    with pytest.raises(InvalidFields):
        change_permit.cancel_for_owner(desk.work, permit.permit_id, stranger)

    change_permit.cancel_for_owner(desk.work, permit.permit_id, asked)

    assert (permit.status, desk.published(permit.permit_id)[-1].happened) == (
        *("cancelled", "cancelled"),
    )
    with pytest.raises(NothingToAppeal):
        file(desk, "cancellation", permit.permit_id)
    last = queries.history_of_permit(desk.session, desk.officer, permit.permit_id)[-1]
    assert (last.action, last.details) == (
        "cancel_for_owner",
        {"asked_by": [0], "capacity": "owner", "papers": "طلب المالك"},
    )


def test_a_finished_building_s_permit_is_not_cancelled_at_the_owner_s_request(desk: Desk) -> None:
    permit = desk.issued()
    desk.insulated(permit)
    desk.complete(permit)
    asked = change_permit.OwnersRequest(reason="عدول المالك", papers=("طلب المالك",))

    with pytest.raises(IllegalTransition):
        change_permit.cancel_for_owner(desk.work, permit.permit_id, asked)


def test_the_appellant_is_an_owner_or_the_representative_on_record(desk: Desk) -> None:
    permit = cancel(desk, desk.issued())
    for more in ({"owner": 3}, {"by_representative": True}):
        with pytest.raises(InvalidFields):
            file(desk, "cancellation", permit.permit_id, **more)
    represented = cancel(desk, desk.issued(representative=REPRESENTATIVE, **ELSEWHERE))

    owner = file(desk, "cancellation", permit.permit_id)
    agent = file(desk, "cancellation", represented.permit_id, by_representative=True)

    assert owner.appellant == {"name": "حسن بن علي آل تجربة (بيانات تجريبية)", "capacity": "owner"}
    assert agent.appellant == {"name": REPRESENTATIVE["name"], "capacity": "legal_agent"}


def test_its_events_are_numbered_and_tell_neither_grounds_nor_reasons(desk: Desk) -> None:
    permit = cancel(desk, desk.issued())
    appeal = decide(desk, "accept", file(desk, "cancellation", permit.permit_id))
    desk.session.flush()

    told = desk.published(appeal.appeal_id)

    assert [(one.happened, one.version) for one in told] == [("filed", 1), ("accepted", 2)]
    schema = contracts.read("events/permits/appeal.v1.schema.json")
    for one in told:
        contracts.check_event(f"sa.gov.qatif.permits.appeal.{one.happened}.v1", one.data)
        assert set(one.data) == set(schema["properties"])
        for secret in ("المخطط معتمد", "بعد النظر", "حسن", "1000000008"):
            assert secret not in str(one.data)
    assert told[0].data["inquiry"]["due_on"] == "2027-01-23"
    assert told[1].data["inquiry"]["decided_on"] == "2026-11-24"
    history = queries.history_of_permit(desk.session, desk.officer, permit.permit_id)
    assert [row.action for row in history][-3:] == ["file_appeal", "decide_appeal", "restore"]


def test_officers_see_their_branch_s_appeals_the_first_due_first(
    desk: Desk, officer_of: Any
) -> None:
    first = file(desk, "cancellation", cancel(desk, desk.issued()).permit_id)
    desk.now += timedelta(days=3)
    second = file(desk, "rejection", rejected(desk).request_id)
    elsewhere = officer_of("tarout")

    def found(who: Any = desk.officer, **search: Any) -> list[str]:
        page = queries.list_appeals(
            *(desk.session, who, AppealSearch(**search)),
            PageRequest(limit=10, cursor=None, organisation="qatif", secret=b"c" * 32),
            today=first.decide_by + timedelta(days=1),
        )
        return [row.appeal_id for row in page.rows]

    desk.session.flush()
    assert found() == [first.appeal_id, second.appeal_id]
    assert found(overdue=True) == [first.appeal_id]
    assert found(status="received", overdue=False) == [second.appeal_id]
    assert found(elsewhere) == []
    with pytest.raises(NotFound):
        queries.get_appeal(desk.session, elsewhere, first.appeal_id)
    with pytest.raises(NotFound):
        decide(desk, "accept", first, elsewhere)


def test_an_accepted_appeal_takes_the_flag_of_the_cancellation_off_the_completion(
    desk: Desk,
) -> None:
    permit = desk.issued()
    desk.insulated(permit)
    row = desk.complete(permit)
    cancel(desk, permit)
    assert row.flag_reason == "permit-cancelled"

    decide(desk, "accept", file(desk, "cancellation", permit.permit_id))

    assert (permit.status, row.flagged, row.flag_reason) == ("completed", False, None)
    assert desk.published(row.certificate_id)[-1].happened == "unflagged"
