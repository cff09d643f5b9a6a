"""Sells the booklets of leases: the purchase, its bill and money, and the end of the sale.

A purchase is in no event of its lease and counts no version of it, as the receipt of a bid: nobody learns before the
opening who bought, nor how many. The library `invoicing` decides what becomes of an invoice. Locks run from the lease
to the purchase to its invoice.
"""

from collections.abc import Mapping
from datetime import datetime

from chassis.core.ids import new_id
from chassis.core.refusals import NotFound
from chassis.data.sealed import keys_of
from chassis.data.unit_of_work import UnitOfWork
from chassis.events.contacts import Contact
from chassis.one_time_codes import CodeDesk, CodeHolder, SentCode
from invoicing.machine import Debtor, Invoicing
from tenders.commands.followers import add_follower
from tenders.domain.booklets import (
    NOT_SOLD,
    invoice_lines,
    is_paid_in_time,
    last_day_to_pay,
    require_sale,
)
from tenders.domain.offerings import Action, require_bids_open
from tenders.lookups import get_published
from tenders.models import BookletPurchase, Invoice, Lease

Buyer = Mapping[str, str]
BOOKLET = "booklet"  # the purpose of codes


def send_booklet_code(
    work: UnitOfWork, desk: CodeDesk, holder: CodeHolder, *, language: str
) -> SentCode:
    """Sends a code to a mobile that buys a booklet, or that reads its purchase. Every mobile gets a code, so the answer
    tells no buyer. Raises NotFound for a draft, BookletNotSold and LimitReached."""
    require_sale(get_published(work.session, holder.about, Lease).booklet_url)
    return desk.send(holder, reaches=True, language=language, now=work.now)


def buy(work: UnitOfWork, lease_id: str, buyer: Buyer, *, bill_days: int) -> BookletPurchase:
    """Bills the booklet of a published lease to the buyer, whose mobile a one-time code proved, and lets the mobile
    follow the lease. A mobile that has a purchase gets another bill only where the first ended unpaid or its money went
    back. `buyer`: name, id_type, id_number, mobile and language. Raises BookletNotSold, IllegalTransition and
    BidsAreClosed."""
    lease = work.lock(Lease, lease_id)
    require_sale(lease.booklet_url)
    lease.life.after(Action.BUY_BOOKLET, lease.status)
    require_bids_open(lease.bids_until, work.now)
    purchase = _find_purchase(work, lease_id, buyer["mobile"])
    if purchase is None:
        add_follower(work, lease, mobile=buyer["mobile"], language=buyer["language"])
        key = buyer["mobile"]
        purchase = BookletPurchase(booklet_id=new_id(), lease_id=lease_id, mobile_key=key)
        purchase.requested_at = work.now
        work.session.add(purchase)
    elif purchase.paid_at is not None or not INVOICING.is_over(work, purchase):
        return purchase
    purchase.buyer = dict(buyer)
    _request_bill(work, lease, purchase, bill_days)
    return purchase


def get_purchase(work: UnitOfWork, lease_id: str, mobile: str) -> BookletPurchase:
    """Returns the locked purchase of a mobile. Raises NotFound."""
    purchase = _find_purchase(work, lease_id, mobile)
    if purchase is None:
        raise NotFound
    return purchase


def _find_purchase(work: UnitOfWork, lease_id: str, mobile: str) -> BookletPurchase | None:
    known = keys_of(work.session).index.keys(mobile)
    which = (BookletPurchase.lease_id == lease_id) & BookletPurchase.mobile_key.in_(known)
    return next(iter(work.lock_where(BookletPurchase, which)), None)


def _request_bill(
    work: UnitOfWork, lease: Lease, purchase: BookletPurchase, bill_days: int
) -> None:
    due_on = last_day_to_pay(work.now, bill_days=bill_days, bids_until=lease.bids_until)
    invoice = INVOICING.draft(
        work,
        municipality=lease.municipality,
        lines=invoice_lines(lease.booklet_price),
        due_on=due_on,
        booklet_id=purchase.booklet_id,
    )
    purchase.invoice_id = invoice.invoice_id
    work.record_change(purchase, "billed")
    work.session.flush()
    INVOICING.request(work, purchase, invoice)


def take_payment(work: UnitOfWork, invoice_id: str, *, paid_at: datetime) -> None:
    """Takes the money of an invoice: the booklet is bought. Money that was paid before the deadline for bids counts
    however late the news comes. Money that was paid afterwards, and money for which no purchase waits, goes back."""
    sale = _lock_sale(work, invoice_id)
    if sale is None:
        return
    lease, purchase = sale
    is_awaited = purchase.invoice_id == invoice_id and INVOICING.waits_for_money(purchase)
    if is_awaited and not is_paid_in_time(paid_at, lease.bids_until):
        _end_purchase(work, purchase)
    billed = INVOICING.take_payment(work, invoice_id, paid_at=paid_at)
    if billed is not None:
        billed.owner.paid_at = paid_at
        billed.owner.bought_at = billed.owner.bought_at or paid_at
        work.record_change(billed.owner, "paid")


def _lock_sale(work: UnitOfWork, invoice_id: str) -> tuple[Lease, BookletPurchase] | None:
    """Locks the lease and the purchase of an invoice. Returns None for another service's invoice."""
    invoice = work.session.get(Invoice, invoice_id)
    if invoice is None:
        return None
    lease_id = work.session.get_one(BookletPurchase, invoice.booklet_id).lease_id
    return work.lock(Lease, lease_id), work.lock(BookletPurchase, invoice.booklet_id)


def _end_purchase(work: UnitOfWork, purchase: BookletPurchase) -> None:
    purchase.paid_at, purchase.ended_at = None, work.now
    work.record_change(purchase, "ended")


def take_refund(work: UnitOfWork, invoice_id: str, *, sent: bool) -> None:
    """Notes that the money of an invoice goes back, or (`sent`) went. The booklet isn't paid any more, and the buyer
    stays a buyer: the address may have been read. During the sale the buyer may ask for another bill."""
    billed = INVOICING.note_refund(work, invoice_id, sent=sent)
    if billed is not None:
        billed.owner.paid_at = None
        work.record_change(billed.owner, "refunded")


def end_purchases(work: UnitOfWork, lease: Lease, *, give_back: bool) -> None:
    """Ends the purchases of a cancelled, locked lease: unpaid bills are withdrawn. `give_back`: the money of the paid
    ones goes back, because nobody could win. The deadline for bids withdraws no bill: payments would send the money of
    a withdrawn invoice back, and the bill system may tell later of money that was paid in time."""
    of_lease = BookletPurchase.lease_id == lease.lease_id
    for purchase in work.lock_where(BookletPurchase, of_lease & BookletPurchase.ended_at.is_(None)):
        if purchase.paid_at is not None and not give_back:
            continue
        INVOICING.give_up(work, purchase, NOT_SOLD)
        _end_purchase(work, purchase)
    work.session.flush()


def _debtor(purchase: BookletPurchase, _invoice: Invoice) -> Debtor:
    """Returns the buyer. The subject has no number: a bill that named its lease would tell who bought the booklet."""
    subject = {"type": "lease_booklet", "id": purchase.booklet_id, "number": None}
    buyer = purchase.buyer
    if buyer is None:
        return Debtor(subject, None)
    payer = {name: buyer[name] for name in ("name", "id_type", "id_number")}
    contact = Contact(
        role="owner", mobile=buyer["mobile"], language=buyer["language"], confirmed=True
    )
    return Debtor(subject, payer, [contact])


INVOICING = Invoicing[BookletPurchase, Invoice](
    service="tenders",
    owners=BookletPurchase,
    invoices=Invoice,
    owner_id=lambda invoice: invoice.booklet_id,
    debtor=_debtor,
    waits_for_money=lambda purchase: purchase.ended_at is None and purchase.paid_at is None,
    not_owed=NOT_SOLD,
    takes_ended=True,
)
