"""The composition root of the service."""

from typing import TYPE_CHECKING

from chassis.files import tidying
from chassis.service import Service
from documents.issuing.keys_command import keys_command
from health_certs import cli, limits, queries
from health_certs.chores import CHORES, DEADLINES
from health_certs.consumers import HANDLERS
from health_certs.domain.requests import CERTIFICATES, REQUESTS
from health_certs.models.documents import REGISTER
from health_certs.resources import Resources
from health_certs.settings import Settings
from saudi.formats import FORMATS

if TYPE_CHECKING:
    from chassis.http.problems import Asked, Problem, Shaped


def _page_of_trouble(problem: "Problem", asked: "Asked") -> "Shaped":
    from health_certs.api.signed_documents import ANSWERS

    return ANSWERS.pages.trouble(problem, asked)


SERVICE = Service(
    name="health-certs",
    package="health_certs",
    settings=Settings,
    api=[
        "health_certs.api.establishments",
        "health_certs.api.inspection",
        "health_certs.api.lists",
        "health_certs.api.mine",
        "health_certs.api.reference",
        "health_certs.api.signed_documents",
        "health_certs.api.staff",
    ],
    handlers=HANDLERS,
    commands=[cli.explain, keys_command(REGISTER)],
    chores=CHORES,
    resources=Resources,
    deadlines=DEADLINES,
    workers={"scanner": tidying.scan},
    numbers={REQUESTS: queries.numbered_requests, CERTIFICATES: queries.numbered_certificates},
    address_limits=limits.of_address,
    error_shapes={"/documents": _page_of_trouble},
    formats=FORMATS,
)
