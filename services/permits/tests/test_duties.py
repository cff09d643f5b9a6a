"""One person doesn't do everything: what the same person may not do after what, by branch."""

from typing import Any

import pytest

from permits import queries
from permits.commands import completion, issue, recording, review, submit_request
from permits.domain.actors import DutiesSeparated

Desk = Any
SMALL = {
    "municipality": "umm-al-hamam",
    "land__town": "أم الحمام",
    "land__district": "الأنوار",
}


def reviewed(desk: Desk, **changes: Any) -> Any:
    steps = ("send_to_office", "send_to_technical_review", "pass_technical_review")
    return desk.take(desk.submit(**changes), *steps)


def approve(desk: Desk, who: Any, request: Any) -> Any:
    return review.approve(desk.work.acting_as(who), request.request_id)


def issue_permit(desk: Desk, who: Any, request: Any) -> Any:
    return issue.issue_permit(desk.work.acting_as(who), request.request_id)


def complete(desk: Desk, who: Any, permit: Any) -> Any:
    return completion.issue_completion(
        desk.work.acting_as(who),
        permit.permit_id,
        inspected_on=desk.now.date(),
        inspector="م. تجربة",
    )


def test_who_reviewed_does_not_approve(desk: Desk) -> None:
    request = reviewed(desk)

    with pytest.raises(DutiesSeparated) as caught:
        approve(desk, desk.reviewer, request)

    assert (caught.value.code, caught.value.params) == (
        *("reviewed-approves", {"who": "مهندس تجربة"}),
    )
    assert approve(desk, desk.officer, request).status == "approved"


def test_who_settled_the_amount_does_not_issue(desk: Desk) -> None:
    request = desk.paid()

    with pytest.raises(DutiesSeparated) as caught:
        issue_permit(desk, desk.reviewer, request)

    assert caught.value.code == "amount-issues"
    assert issue_permit(desk, desk.officer, request).status == "valid"


def test_who_inspected_does_not_complete(desk: Desk) -> None:
    permit = desk.issued()
    desk.insulated(permit)

    with pytest.raises(DutiesSeparated) as caught:
        complete(desk, desk.reviewer, permit)

    assert caught.value.code == "inspected-completes"
    assert complete(desk, desk.officer, permit).status == "issued"


def test_after_a_return_the_duties_are_shared_anew(desk: Desk) -> None:
    request = reviewed(desk)
    review.return_request(desk.work, request.request_id, notes="عدلوا")
    submit_request.resubmit(desk.work, request.request_id, {}, note="عُدل")
    desk.reviewer, desk.officer = desk.officer, desk.reviewer
    desk.take(request, "send_to_technical_review", "pass_technical_review")

    assert approve(desk, desk.officer, request).status == "approved"


def test_a_small_office_is_warned_and_its_history_names_the_person(desk: Desk) -> None:
    desk.officer = desk.reviewer
    request = desk.paid(**SMALL)
    permit = issue_permit(desk, desk.officer, request)

    told = [
        (row.action, row.name, row.details["duty"])
        for row in queries.history_of_request(desk.session, desk.officer, request.request_id)
        if row.details and "duty" in row.details
    ]

    assert told == [
        ("approve", "مهندس تجربة", "reviewed-approves"),
        ("issue", "مهندس تجربة", "amount-issues"),
    ]
    assert [one["code"] for one in request.warnings if one["field"] == "duties"] == [
        *("reviewed-approves", "amount-issues"),
    ]
    assert permit.status == "valid"


def test_the_permit_names_whom_the_branch_bars_from_its_completion(desk: Desk) -> None:
    permit = desk.issued()
    before = completion.persons_barred(desk.work, permit)
    desk.insulated(permit)

    assert before == {}
    assert completion.persons_barred(desk.work, permit) == {
        desk.reviewer.subject: desk.reviewer.name
    }


@pytest.mark.parametrize(("changes", "barred"), [({}, ["مهندس تجربة"]), (SMALL, [])])
def test_where_a_branch_only_warns_nobody_is_barred(
    desk: Desk, changes: dict[str, str], barred: list[str]
) -> None:
    request = reviewed(desk, **changes)
    thing = (request.aggregate_type, request.request_id)

    found = recording.persons_barred_from(
        desk.session, "approve", request.municipality, desk.now.date(), thing
    )

    assert [*found.values()] == barred
