"""`payments sample`: bills that say «بيانات تجريبية», to be registered and paid at the stand-in for the bill system.

Some money waits for an accountant: two bills were paid twice, and somebody paid a number that no bill has. For one of
them a refund is proposed.

The bills name the service `sample`, which no service follows: a paid sample bill issues nothing and sends no text.
"""

from datetime import timedelta
from hashlib import sha256
from typing import Any

import click
from sqlalchemy import exists, select

from chassis.core.actors import SystemActor
from chassis.core.ids import new_id
from chassis.data.unit_of_work import UnitOfWork
from chassis.process import Process, pass_process
from payments.commands.bills import open_bill
from payments.commands.decisions import Proposal, propose_decision
from payments.commands.notices import PaymentNotice, take_notice
from payments.domain.decisions import Kind
from payments.models import Bill, Payment
from payments.resources import Resources
from payments.settings import Settings
from saudi.days import legal_day

MOST = 40  # the worker registers each bill over HTTP
SAMPLE = SystemActor("sample-data", "sample", organisation="qatif")
ACCOUNTANT = SystemActor(
    "sample-accountant",
    "sample",
    name="محاسب تجريبي (بيانات تجريبية)",
    organisation="qatif",
    attributes={"municipality": "qatif"},
)
# These bills are paid twice; for the second one a refund of the second payment is proposed.
PAID_TWICE, PROPOSED = 10, 12
# The bill system gives no sample bill a number that begins so.
_NUMBERS, _NO_BILL = "44890000", "4489000099"
_IBAN = "SA0380000000608010167519"
MUNICIPALITIES = ("qatif", "saihat", "tarout", "safwa")
PAYER = {
    "name": "مستفيد تجريبي (بيانات تجريبية)",
    "id_type": "national_id",
    "id_number": "1000000008",
}


@click.command("sample", help="Fill an empty database with bills that say «بيانات تجريبية».")
@click.option("--count", default=MOST, show_default=True, help=f"How many, {MOST} at the most.")
@pass_process
def command(process: Process[Settings, Resources], count: int) -> None:
    """Refuses a database that holds a bill: sample bills don't belong among real ones."""
    most = min(count, MOST)
    with process.transaction() as context:
        if context.session.scalar(select(exists().where(Bill.bill_id.is_not(None)))):
            raise click.ClickException("there are bills already: this is for an empty database")
        grace = timedelta(hours=context.settings.expiry_grace_hours)
        due_on = legal_day(context.now) + timedelta(days=30)
        for number in range(1, most + 1):
            columns = {**_sample_columns(number), "due_on": due_on}
            work = UnitOfWork.of(context, SAMPLE)
            bill = open_bill(work, columns, grace=grace)
            if number in (PAID_TWICE, PROPOSED):
                _pay_twice(work, bill, number)
        if most >= PAID_TWICE:
            _pay(UnitOfWork.of(context, SAMPLE), _NO_BILL, "1", amount=30_000)
    click.echo(f"{most} bills")


def _sample_columns(number: int) -> dict[str, Any]:
    """Returns the columns that an invoice fills."""
    amount = 20_000 + number * 1_250
    return {
        "bill_id": new_id(),
        "invoice_id": new_id(),
        "invoice_version": 1,
        "service": "sample",
        "subject_type": "sample",
        "subject_id": str(number),
        "subject_number": str(number),
        "municipality": MUNICIPALITIES[number % len(MUNICIPALITIES)],
        "amount_halalas": amount,
        "lines": [
            {
                "code": "sample",
                "ar": "رسم تجريبي (بيانات تجريبية)",
                "en": "A sample fee",
                "amount_halalas": amount,
                "because": {"ar": "بيانات تجريبية", "en": "Sample data"},
            }
        ],
        "payer": PAYER,
        "contacts": [],
    }


def _pay_twice(work: UnitOfWork, bill: Bill, number: int) -> None:
    work.session.flush()
    payments = [
        _pay(work, f"{_NUMBERS}{number}", place, amount=bill.amount_halalas, bill=bill)
        for place in ("1", "2")
    ]
    if number == PROPOSED:
        refund = Proposal(
            kind=Kind.REFUND,
            reason="سُددت الفاتورة مرتين (بيانات تجريبية)",
            iban=_IBAN,
            holder=PAYER["name"],
        )
        propose_decision(work.acting_as(ACCOUNTANT), payments[1].payment_id, refund)


def _pay(
    work: UnitOfWork, bill_number: str, place: str, *, amount: int, bill: Bill | None = None
) -> Payment:
    """Takes the notice of a payment as the bill system would send it. Returns the payment."""
    name = f"SAMPLE-{bill_number}-{place}"
    notice = PaymentNotice(
        notice_id=name,
        bill_number=bill_number,
        reference=bill.bill_id if bill else None,
        payment=name,
        amount_halalas=amount,
        paid_at=work.now,
        key_number=1,
        signed_at=work.now,
        digest=sha256(name.encode()).digest(),
    )
    take_notice(work, notice)
    work.session.flush()
    return work.session.scalars(select(Payment).where(Payment.reference == name)).one()
