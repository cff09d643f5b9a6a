"""The operations of officers on leases."""

from typing import Any

from chassis.call import page_of
from chassis.http.if_match import in_version_read
from tenders import queries
from tenders.api.views import (
    Body,
    Created,
    View,
    bid_view,
    list_view,
    offering_view,
    question_view,
)
from tenders.commands import awards, bids, leasing, publishing, questions
from tenders.context import Call
from tenders.domain.offerings import OfferingChanged
from tenders.models import Lease
from tenders.queries import Search

_in_version_read = in_version_read(OfferingChanged)


def list_leases(call: Call, limit: int, cursor: str | None = None, **search: Any) -> View:
    page = queries.list_offerings(
        call.session, Lease, call.actor, Search(**search), page_of(call, limit, cursor)
    )
    return list_view(call.session, page)


def draft_lease(call: Call, body: Body) -> Created:
    return offering_view(call, publishing.draft_offering(call.work, Lease, body)), 201


def get_lease(call: Call, lease_id: str) -> View:
    row = queries.get_offering(call.session, Lease, call.actor, lease_id)
    return offering_view(call, row)


@_in_version_read
def edit_lease(call: Call, lease_id: str, body: Body) -> View:
    return offering_view(call, publishing.edit_offering(call.work, Lease, lease_id, body))


@_in_version_read
def publish_lease(call: Call, lease_id: str) -> View:
    ocid_prefix = call.settings.ocid_prefix
    row = publishing.publish_offering(call.work, Lease, lease_id, ocid_prefix=ocid_prefix)
    return offering_view(call, row)


@_in_version_read
def amend_lease(call: Call, lease_id: str, body: Body) -> View:
    row = publishing.amend_offering(call.work, Lease, lease_id, body)
    return offering_view(call, row)


def record_lease_bid(call: Call, lease_id: str, body: Body) -> Created:
    bid = bids.receive_bid(
        call.work,
        Lease,
        lease_id,
        receipt_number=body["receipt_number"],
        source=body["source"],
    )
    return bid_view(bid), 201


def withdraw_lease_receipt(call: Call, lease_id: str, body: Body) -> View:
    return bid_view(bids.withdraw_receipt(call.work, Lease, lease_id, body))


def open_lease(call: Call, lease_id: str, body: Body) -> View:
    row = bids.open_bids(call.work, Lease, lease_id, body)
    return offering_view(call, row)


def award_lease(call: Call, lease_id: str, body: Body) -> View:
    days = call.settings.silent_days
    row = awards.award_offering(call.work, Lease, lease_id, body, silent_days=days)
    return offering_view(call, row)


def contract_lease(call: Call, lease_id: str, body: Body) -> View:
    row = awards.sign_contract(
        call.work, Lease, lease_id, number=body["contract_number"], signed_on=body["signed_on"]
    )
    return offering_view(call, row)


def cancel_lease(call: Call, lease_id: str, body: Body) -> View:
    row = awards.cancel_offering(call.work, Lease, lease_id, body)
    return offering_view(call, row)


def list_lease_questions(call: Call, lease_id: str) -> View:
    row = queries.get_offering(call.session, Lease, call.actor, lease_id)
    found = queries.questions_of(call.session, row.aggregate_id)
    return {"items": [question_view(one) for one in found]}


def answer_lease_question(call: Call, lease_id: str, question_id: str, body: Body) -> View:
    texts = (body["question"], body["answer"])
    question = questions.answer(call.work, Lease, lease_id, question_id, texts=texts)
    return question_view(question)


def dismiss_lease_question(call: Call, lease_id: str, question_id: str, body: Body) -> View:
    question = questions.dismiss(call.work, Lease, lease_id, question_id, reason=body["reason"])
    return question_view(question)


def negotiate_lease(call: Call, lease_id: str, body: Body) -> View:
    row = leasing.negotiate(call.work, lease_id, note=body["note"])
    return offering_view(call, row)


def hand_over_lease(call: Call, lease_id: str, body: Body) -> View:
    row = leasing.hand_over(
        call.work, lease_id, report_number=body["report_number"], day=body["handed_over_on"]
    )
    return offering_view(call, row)


def extend_lease(call: Call, lease_id: str, body: Body) -> View:
    row = leasing.extend(call.work, lease_id, note=body["note"])
    return offering_view(call, row)


def return_lease(call: Call, lease_id: str, body: Body) -> View:
    row = leasing.return_site(call.work, lease_id, note=body["note"])
    return offering_view(call, row)
