"""The composition root of the service."""

from chassis.service import Service, every
from payments import chores, cli, resources, sample, workers
from payments.api import credentials
from payments.commands.settle import EXPIRY
from payments.consumers import HANDLERS
from payments.settings import Settings
from saudi.formats import FORMATS

SERVICE = Service(
    name="payments",
    package="payments",
    settings=Settings,
    api=[
        *("payments.api.bills", "payments.api.payments", "payments.api.notices"),
        "payments.api.reconciliations",
    ],
    handlers=HANDLERS,
    commands=[cli.reconcile_day, sample.command],
    lock_order=("payment", "decision", "bill"),
    resources=resources.make,
    formats=FORMATS,
    credentials={credentials.SIGNATURE: credentials.bill_system},
    due_times=workers.BillRegistrar.due_times,
    workers={"bills": workers.BillRegistrar.work, "reconciliation": workers.reconcile_daily},
    deadlines={EXPIRY: chores.expire_bill},
    chores=[every(5, chores.measure), every(60, chores.empty_old)],
)
