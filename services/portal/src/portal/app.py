"""The composition root of the service."""

from typing import TYPE_CHECKING

from chassis.service import Service, every
from portal.cli import client_key, rebuild_inquiries
from portal.commands.public_forms import drop_old_forms
from portal.commands.report_drafts import drop_old_drafts
from portal.commands.sessions import drop_ended
from portal.consumers import HANDLERS
from portal.domain.large_forms import LARGE_FORMS
from portal.resources import Resources
from portal.settings import Settings

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
    gather_seconds=0.5,  # nobody waits for the read model of the inquiry
    commands=[client_key, rebuild_inquiries],
    chores=[
        every(60, lambda context: drop_ended(context.session, context.now)),
        every(60, lambda context: drop_old_drafts(context.session, context.now)),
        every(60, lambda context: drop_old_forms(context.session, context.now)),
    ],
    pages=mount_pages,
    large_forms=LARGE_FORMS,
    error_shapes={"": error_page},
)
