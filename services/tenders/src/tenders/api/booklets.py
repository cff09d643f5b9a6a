"""The sale of booklets: to buyers by a one-time code, and to officers the buyers after the opening."""

from collections.abc import Mapping

from chassis.core.times import rfc3339
from chassis.data.unit_of_work import UnitOfWork
from chassis.http.codes import code_desk, refuse_code
from chassis.http.problems import Problem
from chassis.one_time_codes import Attempt
from invoicing.views import bill_view
from saudi.text import compact
from tenders import queries
from tenders.api.public import VISITOR, mobile_of
from tenders.api.views import Body, Created, View
from tenders.commands import codes
from tenders.context import Call
from tenders.domain.booklets import ESTABLISHMENT, PAID, parse_buyer, purchase_status
from tenders.models import BookletPurchase, Invoice, Lease


def request_booklet_code(call: Call, body: Body) -> Created:
    sent = codes.send_booklet_code(
        UnitOfWork.of(call, VISITOR),
        code_desk(call, "tenders"),
        body["number"],
        mobile_of(body),
        language=body.get("language", "ar"),
    )
    return sent.record(), 202


def buy_booklet(call: Call, body: Body) -> Created | Problem:
    bought = codes.buy_with_code(
        UnitOfWork.of(call, VISITOR),
        code_desk(call, "tenders"),
        body["number"],
        _buyer_of(body),
        digits=compact(body["code"]),
        bill_days=call.settings.booklet_bill_days,
    )
    if isinstance(bought, Attempt):
        return refuse_code(bought)
    return _purchase_view(call, bought), 201


def _buyer_of(body: Body) -> Mapping[str, str]:
    buyer = parse_buyer(body["buyer"])
    return {**buyer, "mobile": mobile_of(body), "language": body.get("language", "ar")}


def read_booklet(call: Call, body: Body) -> View | Problem:
    found = codes.read_with_code(
        UnitOfWork.of(call, VISITOR),
        code_desk(call, "tenders"),
        body["number"],
        mobile_of(body),
        digits=compact(body["code"]),
    )
    return refuse_code(found) if isinstance(found, Attempt) else _purchase_view(call, found)


def _purchase_view(call: Call, row: BookletPurchase) -> View:
    """The contract's BookletPurchase: the booklet's address is told once it is paid."""
    lease = call.session.get_one(Lease, row.lease_id)
    invoice = call.session.get_one(Invoice, row.invoice_id)
    status = purchase_status(row.paid_at, lease.status)
    return {
        "number": lease.number,
        "status": status,
        "requested_at": rfc3339(row.requested_at),
        "paid_at": rfc3339(row.paid_at) if row.paid_at else None,
        "booklet_url": lease.booklet_url if status == PAID else None,
        "bill": bill_view(invoice),
    }


def list_booklet_buyers(call: Call, lease_id: str) -> View:
    buyers = queries.booklet_buyers(call.session, call.actor, lease_id)
    return {"items": [_buyer_view(one) for one in buyers]}


def _buyer_view(row: BookletPurchase) -> View:
    buyer = row.buyer or {"name": None, "id_type": None}
    is_establishment = buyer["id_type"] == ESTABLISHMENT
    return {
        "name": buyer["name"],
        "unified_number": buyer["id_number"] if is_establishment else None,
        "bought_at": rfc3339(row.bought_at) if row.bought_at else None,
        "refunded": row.paid_at is None,
    }
