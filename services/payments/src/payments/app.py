"""The composition root of the service."""

from chassis.data.deadlines import Deadline
from chassis.service import Service, every
from payments import chores, credentials, engine, reconciliation, resources, sample
from payments.commands import bills, registering
from payments.commands.settling import EXPIRY
from payments.consumers import HANDLERS
from payments.context import Context
from payments.settings import Settings
from saudi.formats import FORMATS


def _expire(context: Context, deadline: Deadline) -> None:
    bills.expire(context.session, deadline.aggregate_id, now=context.now)


SERVICE = Service(
    name="payments",
    package="payments",
    settings=Settings,
    api=[
        *("payments.api.bills", "payments.api.payments", "payments.api.notices"),
        "payments.api.reconciliations",
    ],
    handlers=HANDLERS,
    commands=[reconciliation.command, sample.command],
    resources=resources.make,
    formats=FORMATS,
    credentials={credentials.SIGNATURE: credentials.bill_system},
    put_off={registering.WORKER: registering.leave},
    workers={"bills": engine.work, "reconciliation": reconciliation.run},
    deadlines={EXPIRY: _expire},
    chores=[every(5, chores.measure), every(60, chores.empty_old)],
)
