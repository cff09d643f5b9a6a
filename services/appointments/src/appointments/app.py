"""The composition root of the service."""

from appointments import limits, sample
from appointments.chores import CHORES, DEADLINES
from appointments.domain.persons import person_faults
from appointments.domain.schedule import faults_of_reason
from appointments.models import REGISTER
from appointments.resources import Resources
from appointments.settings import Settings
from chassis.service import Service, error_shape
from documents.issuing.keys_command import keys_command
from documents.issuing.resources import page_of_trouble
from pages.assets import mount_assets
from saudi.formats import FORMATS

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
    resources=Resources,
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
    error_shapes={
        "/a": error_shape("appointments.api.links"),
        "/documents": page_of_trouble(Resources),
    },
    address_limits=limits.of_address,
)
