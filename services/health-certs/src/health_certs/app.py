"""The composition root of the service."""

from typing import TYPE_CHECKING, Any

from chassis.data.lock_order import series
from chassis.files import tidying
from chassis.service import Service
from documents.issuing.keys_command import keys_command
from documents.issuing.resources import page_of_trouble
from health_certs import cli, limits, queries
from health_certs.chores import CHORES, DEADLINES
from health_certs.consumers import HANDLERS
from health_certs.context import Call
from health_certs.domain.requests import CERTIFICATES, REQUESTS
from health_certs.models.certificates import REGISTER
from health_certs.resources import Resources
from health_certs.settings import Settings
from pages.assets import mount_assets
from saudi.formats import FORMATS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chassis.core.refusals import Fault


def _application_faults(call: Call, body: dict[str, Any]) -> "Sequence[Fault]":
    from health_certs.api.views import applicant_who_changes
    from health_certs.commands.apply import application_faults

    return application_faults(call.work, applicant_who_changes(call), body)


SERVICE = Service(
    name="health-certs",
    package="health_certs",
    settings=Settings,
    api=[
        "health_certs.api.establishments",
        "health_certs.api.staff",
        "health_certs.api.lists",
        "health_certs.api.mine",
        "documents.issuing.operations",
        "health_certs.api.signed_documents",
    ],
    handlers=HANDLERS,
    commands=[cli.explain, keys_command(REGISTER)],
    chores=CHORES,
    resources=Resources,
    deadlines=DEADLINES,
    workers={"scanner": tidying.scan},
    lock_order=(
        *("request_list", "request", "certificate", "invoice"),
        *(series(REQUESTS), series(CERTIFICATES)),
    ),
    numbers={REQUESTS: queries.numbered_requests, CERTIFICATES: queries.numbered_certificates},
    address_limits=limits.of_address,
    pages=mount_assets,
    error_shapes={"/documents": page_of_trouble(Resources)},
    formats=FORMATS,
    table_rules={"apply_for_certificate": _application_faults},
)
