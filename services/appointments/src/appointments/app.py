"""The composition root of the service."""

from typing import TYPE_CHECKING

from appointments import limits, sample
from appointments.chores import CHORES, DEADLINES
from appointments.domain.persons import person_faults
from appointments.domain.schedule import faults_of_reason
from appointments.models import REGISTER
from appointments.resources import Resources
from appointments.settings import Settings
from chassis.service import Service
from documents.issuing.keys_command import keys_command
from documents.issuing.resources import page_of_trouble
from pages.assets import mount_assets
from saudi.formats import FORMATS

if TYPE_CHECKING:
    from chassis.data.db import Database
    from chassis.http.problems import ErrorAnswer, ErrorRequest, Problem
    from documents.issuing.answers import Answers


def _answers() -> "Answers":
    from appointments.api.papers import ANSWERS

    return ANSWERS


def _resources(database: "Database", settings: Settings) -> Resources:
    return Resources(database, settings, answers=_answers)


def _show_trouble_page(problem: "Problem", asked: "ErrorRequest") -> "ErrorAnswer":
    from appointments.api import links

    return links.show_trouble(problem, asked)


SERVICE = Service(
    name="appointments",
    package="appointments",
    settings=Settings,
    api=[
        "appointments.api.public",
        "appointments.api.links",
        "appointments.api.staff",
        "documents.issuing.operations",
    ],
    commands=[sample.command, keys_command(REGISTER)],
    chores=CHORES,
    resources=_resources,
    deadlines=DEADLINES,
    lock_order=("department", "appointment"),
    formats=FORMATS,
    rules={
        "request_booking_code": person_faults,
        "book_appointment": person_faults,
        "book_for_person": person_faults,
        "add_closure": faults_of_reason,
    },
    pages=mount_assets,
    error_shapes={"/a": _show_trouble_page, "/documents": page_of_trouble(_answers)},
    address_limits=limits.of_address,
)
