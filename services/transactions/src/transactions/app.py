"""The composition root of the service."""

from datetime import timedelta

from chassis.data.lock_order import series
from chassis.data.unit_of_work import UnitOfWork
from chassis.files import tidying
from chassis.service import Service, every, on_deadline
from documents.issuing import limits as documents
from documents.issuing.keys_command import keys_command
from documents.issuing.resources import page_of_trouble
from pages.assets import mount_assets
from saudi.formats import FORMATS
from transactions import queries, sample
from transactions.commands import move, retention
from transactions.commands.recording import LAPSE
from transactions.context import Context
from transactions.domain.access import CLOCK, RETENTION
from transactions.domain.transactions import LETTERS, TRANSACTIONS
from transactions.models import REGISTER
from transactions.resources import Resources
from transactions.settings import Settings


def _empty_old(context: Context) -> None:
    before = context.now - timedelta(days=context.settings.transaction_days)
    retention.empty_old(UnitOfWork.of(context, RETENTION), before=before)


SERVICE = Service(
    name="transactions",
    package="transactions",
    settings=Settings,
    api=[
        "transactions.api.staff",
        "transactions.api.overview",
        "transactions.api.mine",
        "documents.issuing.operations",
    ],
    commands=[sample.command, keys_command(REGISTER)],
    chores=[
        every(60, _empty_old),
        every(60, tidying.drop_unclaimed),
        every(5, tidying.collect_orphans),
    ],
    resources=Resources,
    deadlines={LAPSE: on_deadline(move.lapse, CLOCK)},
    workers={"scanner": tidying.scan},
    lock_order=("transaction", "letter", series(TRANSACTIONS), series(LETTERS)),
    numbers={
        TRANSACTIONS: queries.numbered_transactions,
        LETTERS: queries.numbered_letters,
    },
    address_limits=documents.of_address,
    pages=mount_assets,
    error_shapes={"/documents": page_of_trouble(Resources)},
    formats=FORMATS,
)
