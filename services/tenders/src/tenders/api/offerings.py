"""The operations of officers on tenders and on leases: both kinds by the same commands."""

from typing import Any

from chassis.call import page_of
from chassis.data.paging import PageRequest
from chassis.http.if_match import in_version_read
from tenders import queries
from tenders.api.views import Body, Created, View, bid_view, list_view, offering_view, question_view
from tenders.commands import awards, bids, publishing, questions
from tenders.context import Call
from tenders.domain.offerings import OfferingChanged
from tenders.models import Lease, Offering, Tender
from tenders.queries import Search

_in_version_read = in_version_read(OfferingChanged)


def list_tenders(call: Call, limit: int, cursor: str | None = None, **search: Any) -> View:
    return _list(call, Tender, Search(**search), page_of(call, limit, cursor))


def list_leases(call: Call, limit: int, cursor: str | None = None, **search: Any) -> View:
    return _list(call, Lease, Search(**search), page_of(call, limit, cursor))


def _list(call: Call, model: Any, search: Search, page: PageRequest) -> View:
    found = queries.list_offerings(call.session, model, call.actor, search, page)
    return list_view(call.session, found)


def draft_tender(call: Call, body: Body) -> Created:
    return offering_view(call, publishing.draft_offering(call.work, Tender, body)), 201


def draft_lease(call: Call, body: Body) -> Created:
    return offering_view(call, publishing.draft_offering(call.work, Lease, body)), 201


def get_tender(call: Call, tender_id: str) -> View:
    return offering_view(call, queries.get_offering(call.session, Tender, call.actor, tender_id))


def get_lease(call: Call, lease_id: str) -> View:
    return offering_view(call, queries.get_offering(call.session, Lease, call.actor, lease_id))


@_in_version_read
def edit_tender(call: Call, tender_id: str, body: Body) -> View:
    return offering_view(call, publishing.edit_offering(call.work, Tender, tender_id, body))


@_in_version_read
def edit_lease(call: Call, lease_id: str, body: Body) -> View:
    return offering_view(call, publishing.edit_offering(call.work, Lease, lease_id, body))


@_in_version_read
def publish_tender(call: Call, tender_id: str) -> View:
    prefix = call.settings.ocid_prefix
    row = publishing.publish_offering(call.work, Tender, tender_id, ocid_prefix=prefix)
    return offering_view(call, row)


@_in_version_read
def publish_lease(call: Call, lease_id: str) -> View:
    prefix = call.settings.ocid_prefix
    row = publishing.publish_offering(call.work, Lease, lease_id, ocid_prefix=prefix)
    return offering_view(call, row)


@_in_version_read
def amend_tender(call: Call, tender_id: str, body: Body) -> View:
    return offering_view(call, publishing.amend_offering(call.work, Tender, tender_id, body))


@_in_version_read
def amend_lease(call: Call, lease_id: str, body: Body) -> View:
    return offering_view(call, publishing.amend_offering(call.work, Lease, lease_id, body))


def record_tender_bid(call: Call, tender_id: str, body: Body) -> Created:
    return bid_view(bids.receive_bid(call.work, Tender, tender_id, body)), 201


def record_lease_bid(call: Call, lease_id: str, body: Body) -> Created:
    return bid_view(bids.receive_bid(call.work, Lease, lease_id, body)), 201


def withdraw_tender_receipt(call: Call, tender_id: str, body: Body) -> View:
    return bid_view(bids.withdraw_receipt(call.work, Tender, tender_id, body))


def withdraw_lease_receipt(call: Call, lease_id: str, body: Body) -> View:
    return bid_view(bids.withdraw_receipt(call.work, Lease, lease_id, body))


def open_tender(call: Call, tender_id: str, body: Body) -> View:
    return offering_view(call, bids.open_bids(call.work, Tender, tender_id, body))


def open_lease(call: Call, lease_id: str, body: Body) -> View:
    return offering_view(call, bids.open_bids(call.work, Lease, lease_id, body))


def award_tender(call: Call, tender_id: str, body: Body) -> View:
    term = call.settings.signing_term
    row = awards.award_offering(call.work, Tender, tender_id, body, term=term)
    return offering_view(call, row)


def award_lease(call: Call, lease_id: str, body: Body) -> View:
    term = call.settings.signing_term
    row = awards.award_offering(call.work, Lease, lease_id, body, term=term)
    return offering_view(call, row)


def contract_tender(call: Call, tender_id: str, body: Body) -> View:
    return offering_view(call, awards.sign_contract(call.work, Tender, tender_id, body))


def contract_lease(call: Call, lease_id: str, body: Body) -> View:
    return offering_view(call, awards.sign_contract(call.work, Lease, lease_id, body))


def cancel_tender(call: Call, tender_id: str, body: Body) -> View:
    return offering_view(call, awards.cancel_offering(call.work, Tender, tender_id, body))


def cancel_lease(call: Call, lease_id: str, body: Body) -> View:
    return offering_view(call, awards.cancel_offering(call.work, Lease, lease_id, body))


def list_tender_questions(call: Call, tender_id: str) -> View:
    return _list_questions(call, queries.get_offering(call.session, Tender, call.actor, tender_id))


def list_lease_questions(call: Call, lease_id: str) -> View:
    return _list_questions(call, queries.get_offering(call.session, Lease, call.actor, lease_id))


def _list_questions(call: Call, row: Offering) -> View:
    found = queries.questions_of(call.session, row.aggregate_id)
    return {"items": [question_view(one) for one in found]}


def answer_tender_question(call: Call, tender_id: str, question_id: str, body: Body) -> View:
    return question_view(questions.answer(call.work, Tender, tender_id, question_id, body))


def answer_lease_question(call: Call, lease_id: str, question_id: str, body: Body) -> View:
    return question_view(questions.answer(call.work, Lease, lease_id, question_id, body))


def dismiss_tender_question(call: Call, tender_id: str, question_id: str, body: Body) -> View:
    reason = body["reason"]
    return question_view(
        questions.dismiss(call.work, Tender, tender_id, question_id, reason=reason)
    )


def dismiss_lease_question(call: Call, lease_id: str, question_id: str, body: Body) -> View:
    reason = body["reason"]
    return question_view(questions.dismiss(call.work, Lease, lease_id, question_id, reason=reason))


def negotiate_lease(call: Call, lease_id: str, body: Body) -> View:
    return offering_view(call, awards.negotiate(call.work, lease_id, note=body["note"]))


def extend_lease(call: Call, lease_id: str, body: Body) -> View:
    return offering_view(call, awards.extend(call.work, lease_id, note=body["note"]))


def return_lease(call: Call, lease_id: str, body: Body) -> View:
    return offering_view(call, awards.return_site(call.work, lease_id, note=body["note"]))


def hand_over_lease(call: Call, lease_id: str, body: Body) -> View:
    return offering_view(call, awards.hand_over(call.work, lease_id, body))
