"""The composition root of the service."""

from chassis.service import Service, every, on_deadline
from payments import chores, cli, resources, sample, workers
from payments.api import notices
from payments.commands.bills import expire_bill
from payments.commands.recording import CLOCK
from payments.commands.settle import EXPIRY
from payments.consumers import HANDLERS
from payments.settings import Settings
from saudi.formats import FORMATS

SERVICE = Service(
    name="payments",
    package="payments",
    settings=Settings,
    api=["payments.api.staff", "payments.api.mine", "payments.api.notices"],
    handlers=HANDLERS,
    commands=[cli.reconcile_day, sample.command],
    lock_order=("reconciliation", "bill", "payment", "decision"),
    resources=resources.make,
    formats=FORMATS,
    credentials={notices.SIGNATURE: notices.authenticate_bill_system},
    due_times=workers.BillRegistrar.due_times,
    workers={"bills": workers.BillRegistrar.work, "reconciliation": workers.reconcile_daily},
    deadlines={EXPIRY: on_deadline(expire_bill, CLOCK)},
    chores=[every(5, chores.measure), every(60, chores.empty_old)],
)
