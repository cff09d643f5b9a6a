"""Each step of a request is one event with its whole public state, and nothing else of its owners."""

from datetime import timedelta
from typing import Any

import pytest

from chassis.core import contracts
from chassis.events.contacts import contacts_of
from chassis.events.inquiry import Known, inquiries_of
from permits.commands import issue, review, submit_request
from permits.models import PermitRequest

Desk = Any
PERSONAL = ("حسن بن علي", "1000000008", "501234567", "وكيل")
REPRESENTATIVE = {
    "name": "وكيل تجربة (بيانات تجريبية)",
    "capacity": "legal_agent",
    "authority_number": "4455667788",
}


@pytest.fixture
def issued(desk: Desk) -> PermitRequest:
    request = desk.paid(representative=REPRESENTATIVE)
    issue.issue_permit(desk.work, request.request_id)
    desk.session.flush()
    return request  # type: ignore[no-any-return]


def test_a_request_is_followed_from_submission_to_its_permit(
    desk: Desk, issued: PermitRequest
) -> None:
    events = desk.published(issued.request_id)

    assert [(event.happened, event.version) for event in events] == [
        *(("submitted", 1), ("forwarded", 2), ("forwarded", 3), ("forwarded", 4), ("approved", 5)),
        *(("billed", 6), ("paid", 7), ("issued", 8)),
    ]
    for event in events:
        happened = f"sa.gov.qatif.permits.request.{event.happened}.v1"
        contracts.check_event(happened, event.data)
        assert event.data["inquiry"]["status"] == event.data["status"]
        assert event.data["inquiry"]["next_step"] == event.data["next_step"]
    last = events[-1].data
    assert last["permit_id"] == issued.permit.permit_id
    assert last["permit_number"] == issued.permit.permit_number
    assert (last["decided_on"], last["ended_on"]) == ("2026-11-24", "2026-11-24")
    assert last["ended_on_hijri"] == "1448/06/14"


def test_a_returned_and_a_rejected_request_say_so(desk: Desk) -> None:
    request = desk.take(desk.submit(), "send_to_office", "send_to_technical_review")
    review.return_request(
        desk.work,
        request.request_id,
        notes="هاتف 0501234567",
    )
    submit_request.resubmit(
        desk.work,
        request.request_id,
        {"use_class": "commercial"},
    )
    desk.take(request, "send_to_technical_review")
    desk.now += timedelta(days=1)
    review.reject(desk.work, request.request_id, reason="خارج النطاق")
    desk.session.flush()

    events = desk.published(request.request_id)

    assert [event.happened for event in events[-4:]] == [
        *("returned", "resubmitted", "forwarded", "rejected"),
    ]
    assert "0501234567" not in str([event.data for event in events])
    assert "خارج النطاق" not in str(events[-1].data)
    assert (events[-1].data["ended_on"], events[-1].data["next_step"]) == ("2026-11-25", "none")


def test_an_event_of_a_request_shows_nothing_of_a_person(desk: Desk, issued: PermitRequest) -> None:
    shown = str([event.data for event in desk.published(issued.request_id)])

    assert [value for value in PERSONAL if value in shown] == []


def test_the_owner_is_told_and_finds_the_request_by_number_and_mobile(
    desk: Desk, issued: PermitRequest
) -> None:
    mobile = Known(by="mobile", value="+966501234567")
    data = desk.published(issued.request_id)[0].data

    [told] = contacts_of(desk.session).open(issued.request_id, data["contacts"])
    keys = inquiries_of(desk.session).match_keys("permit_request", issued.request_number, mobile)

    assert (told.role, told.mobile) == ("owner", "+966501234567")
    assert {"by": "mobile", "key": keys[0]} in data["inquiry"]["match"]


def test_looking_at_the_owners_numbers_tells_nobody(desk: Desk) -> None:
    request = desk.submit()

    review.reveal_owners(desk.work, request.request_id, reason="مطابقة")
    desk.session.flush()

    assert len(desk.published(request.request_id)) == 1
