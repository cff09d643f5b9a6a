"""The operations of officers on tenders and on leases: both kinds by the same commands."""

from collections.abc import Callable, Sequence
from typing import Any

from chassis.call import page_of
from chassis.data.paging import PageRequest
from chassis.http.if_match import in_version_read
from tenders import queries
from tenders.api.views import Body, Created, View, bid_view, list_view, offering_view, question_view
from tenders.commands import awards, bids, files, publishing, questions
from tenders.context import Call
from tenders.domain.offerings import OfferingChanged
from tenders.models import Bid, Lease, Offering, Question, Tender
from tenders.queries import Search

Operation = Callable[..., Any]
_in_version_read = in_version_read(OfferingChanged)


def _make_operations(
    command: Callable[..., Any],
    *,
    is_versioned: bool = False,
    is_created: bool = False,
    settings: Sequence[str] = (),
) -> tuple[Operation, Operation]:
    """Returns two operations: the command on a tender, and the command on a lease. The answer shows the command's row.

    The contract's `tender_id` or `lease_id` is the command's `offering_id`; the other arguments keep their names.
    `is_versioned`: only in the version that the caller has read. `is_created`: the status is 201. `settings`: the names
    of settings that the command is given too.
    """

    def make_operation(model: type[Offering]) -> Operation:
        def operate(call: Call, **arguments: Any) -> Any:
            offering_id = arguments.pop(f"{model.aggregate_type}_id")
            arguments |= {name: getattr(call.settings, name) for name in settings}
            view = _view_of(call, command(call.work, model, offering_id, **arguments))
            return (view, 201) if is_created else view

        return _in_version_read(operate) if is_versioned else operate

    return make_operation(Tender), make_operation(Lease)


def _view_of(call: Call, row: Offering | Bid | Question) -> View:
    if isinstance(row, Bid):
        return bid_view(row)
    return question_view(row) if isinstance(row, Question) else offering_view(call, row)


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


edit_tender, edit_lease = _make_operations(publishing.edit_offering, is_versioned=True)
set_tender_files, set_lease_files = _make_operations(files.set_draft_files, is_versioned=True)
publish_tender, publish_lease = _make_operations(
    publishing.publish_offering, is_versioned=True, settings=["ocid_prefix"]
)
amend_tender, amend_lease = _make_operations(publishing.amend_offering, is_versioned=True)
record_tender_bid, record_lease_bid = _make_operations(bids.receive_bid, is_created=True)
withdraw_tender_receipt, withdraw_lease_receipt = _make_operations(bids.withdraw_receipt)
open_tender, open_lease = _make_operations(bids.open_bids)
award_tender, award_lease = _make_operations(
    awards.award_offering, is_versioned=True, settings=["signing_term"]
)
contract_tender, contract_lease = _make_operations(awards.sign_contract, is_versioned=True)
cancel_tender, cancel_lease = _make_operations(awards.cancel_offering, is_versioned=True)
answer_tender_question, answer_lease_question = _make_operations(questions.answer)
dismiss_tender_question, dismiss_lease_question = _make_operations(questions.dismiss)


def list_tender_questions(call: Call, tender_id: str) -> View:
    return _list_questions(call, queries.get_offering(call.session, Tender, call.actor, tender_id))


def list_lease_questions(call: Call, lease_id: str) -> View:
    return _list_questions(call, queries.get_offering(call.session, Lease, call.actor, lease_id))


def _list_questions(call: Call, row: Offering) -> View:
    found = queries.questions_of(call.session, row.aggregate_id)
    return {"items": [question_view(one) for one in found]}


@_in_version_read
def negotiate_lease(call: Call, lease_id: str, body: Body) -> View:
    return offering_view(call, awards.negotiate(call.work, lease_id, note=body["note"]))


@_in_version_read
def extend_lease(call: Call, lease_id: str, body: Body) -> View:
    return offering_view(call, awards.extend(call.work, lease_id, note=body["note"]))


@_in_version_read
def return_lease(call: Call, lease_id: str, body: Body) -> View:
    return offering_view(call, awards.return_site(call.work, lease_id, note=body["note"]))


@_in_version_read
def hand_over_lease(call: Call, lease_id: str, body: Body) -> View:
    return offering_view(call, awards.hand_over(call.work, lease_id, body))
