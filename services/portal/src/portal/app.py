"""The composition root of the service."""

from typing import TYPE_CHECKING

from chassis.service import Service, every
from portal.cli import client_key, rebuild_inquiries
from portal.commands.public_forms import drop_old_forms
from portal.commands.report_drafts import drop_old_drafts
from portal.commands.sessions import drop_ended
from portal.consumers import HANDLERS
from portal.resources import Resources
from portal.settings import Settings

# The limit of `reports` for several photos of a telephone.
MOST_FORM_BYTES = 22_020_096
# As many as `reports` takes for one photo.
MOST_PHOTO_BYTES = 10_747_904
# As many as `payments` takes for the bank's file.
MOST_SETTLEMENT_BYTES = 8_388_608

if TYPE_CHECKING:
    from flask import Flask

    from chassis.http.problems import ErrorAnswer, ErrorRequest, Problem
    from portal.context import Process


def mount_pages(flask: "Flask", process: "Process") -> None:
    """Mounts the table of pages. `work` mounts none, and imports no web stack."""
    from portal.api.table import site_of

    site_of(process).mount(flask)


def error_page(problem: "Problem", asked: "ErrorRequest") -> "ErrorAnswer":
    """Returns the page of an error that no page answered."""
    from portal.api.table import plain_error_page

    return plain_error_page(problem, asked)


SERVICE = Service(
    name="portal",
    package="portal",
    settings=Settings,
    resources=Resources,
    handlers=HANDLERS,
    commands=[client_key, rebuild_inquiries],
    chores=[
        every(60, lambda context: drop_ended(context.session, context.now)),
        every(60, lambda context: drop_old_drafts(context.session, context.now)),
        every(60, lambda context: drop_old_forms(context.session, context.now)),
    ],
    pages=mount_pages,
    large_forms={
        "/report": MOST_FORM_BYTES,
        "/desk/treatments": MOST_PHOTO_BYTES,
        "/my/licences/files": MOST_PHOTO_BYTES,
        "/my/licences/objections": MOST_PHOTO_BYTES,
        "/my/transactions/new": MOST_PHOTO_BYTES,
        "/my/transactions/answers": MOST_PHOTO_BYTES,
        "/my/health/apply": MOST_PHOTO_BYTES,
        "/desk/payments/settlements": MOST_SETTLEMENT_BYTES,
        "/my/health/renewals": MOST_PHOTO_BYTES,
    },
    error_shapes={"": error_page},
)
