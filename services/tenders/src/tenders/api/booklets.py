"""The sale of booklets: to buyers by a one-time code, and to officers the buyers after the opening."""

from chassis.core.times import rfc3339
from chassis.data.unit_of_work import UnitOfWork
from chassis.http.codes import check_code, code_desk
from chassis.http.problems import Problem
from invoicing.views import bill_view
from saudi.text import compact
from tenders import queries
from tenders.api.public import holder_of
from tenders.api.views import Body, Created, View
from tenders.commands.booklets import BOOKLET, Buyer, buy, get_purchase, send_booklet_code
from tenders.context import Call
from tenders.domain.actors import VISITOR
from tenders.domain.booklets import ESTABLISHMENT, PAID, parse_buyer, purchase_status
from tenders.lookups import get_published
from tenders.models import BookletPurchase, Invoice, Lease


def request_booklet_code(call: Call, body: Body) -> Created:
    work, desk = UnitOfWork.of(call, VISITOR), code_desk(call, "tenders")
    holder, language = holder_of(BOOKLET, body), body.get("language", "ar")
    return send_booklet_code(work, desk, holder, language=language).record(), 202


def buy_booklet(call: Call, body: Body) -> Created | Problem:
    lease, buyer = get_published(call.session, body["number"], Lease), _buyer_of(body)
    if refused := check_code(call, "tenders", holder_of(BOOKLET, body), compact(body["code"])):
        return refused
    work, days = UnitOfWork.of(call, VISITOR), call.settings.booklet_bill_days
    return _purchase_view(call, buy(work, lease.lease_id, buyer, bill_days=days)), 201


def _buyer_of(body: Body) -> Buyer:
    buyer, mobile = parse_buyer(body["buyer"]), holder_of(BOOKLET, body).mobile
    return {**buyer, "mobile": mobile, "language": body.get("language", "ar")}


def read_booklet(call: Call, body: Body) -> View | Problem:
    lease = get_published(call.session, body["number"], Lease)
    holder = holder_of(BOOKLET, body)
    if refused := check_code(call, "tenders", holder, compact(body["code"])):
        return refused
    work = UnitOfWork.of(call, VISITOR)
    return _purchase_view(call, get_purchase(work, lease.lease_id, holder.mobile))


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
