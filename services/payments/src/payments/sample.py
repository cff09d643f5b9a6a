"""`payments sample`: bills that say «بيانات تجريبية», to be registered and paid at the stand-in for the bill system.

The bills name the service `sample`, which no service follows: a paid sample bill issues nothing and sends no text.
"""

from datetime import timedelta
from typing import Any

import click
from sqlalchemy import exists, select

from chassis.core.actors import SystemActor
from chassis.core.ids import new_id
from chassis.data.unit_of_work import UnitOfWork
from chassis.process import Process, pass_process
from payments.commands.bills import open_bill
from payments.models import Bill
from payments.resources import Resources
from payments.settings import Settings
from saudi.days import legal_day

MOST = 40  # the worker registers each bill over HTTP
SAMPLE = SystemActor("sample-data", "sample", organisation="qatif")
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
            open_bill(UnitOfWork.of(context, SAMPLE), columns, grace=grace)
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
