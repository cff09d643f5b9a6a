"""The composition root of the service."""

from functools import partial

from chassis.data.lock_order import series
from chassis.files import tidying
from chassis.service import Service, error_shape
from pages.assets import mount_assets
from saudi.formats import FORMATS
from tenders import limits, queries, sample
from tenders.chores import CHORES, DEADLINES
from tenders.consumers import HANDLERS
from tenders.domain.offerings import LEASE, TENDER
from tenders.lookups import MODELS
from tenders.resources import Resources
from tenders.settings import Settings

SERVICE = Service(
    name="tenders",
    package="tenders",
    settings=Settings,
    api=[
        "tenders.api.offerings",
        "tenders.api.public",
        "tenders.api.booklets",
        "tenders.api.files",
        "tenders.api.following",
        "tenders.api.open_data",
    ],
    handlers=HANDLERS,
    commands=[sample.command],
    chores=CHORES,
    workers={"scanner": tidying.scan},
    resources=Resources,
    deadlines=DEADLINES,
    lock_order=(
        *("tender", "lease", "booklet", "invoice", "notice"),
        *(series(TENDER), series(LEASE)),
    ),
    numbers={name: partial(queries.numbered, model) for name, model in MODELS.items()},
    formats=FORMATS,
    pages=mount_assets,
    error_shapes={"/f": error_shape("tenders.api.following")},
    address_limits=limits.of_address,
)
