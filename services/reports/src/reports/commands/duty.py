"""The duty officers of the departments: whose mobile hears of danger and of what escalates."""

from chassis.core.refusals import InvalidFields, NotFound
from chassis.data.unit_of_work import UnitOfWork
from reports.catalogue import catalogue
from reports.models import DutyOfficer
from saudi import Malformed
from saudi.mobiles import parse_mobile


def set_duty_officer(
    work: UnitOfWork, department: str, *, mobile: str, language: str
) -> DutyOfficer:
    """Names the department's duty officer from now on. Raises NotFound for an unknown department, InvalidFields."""
    if department not in catalogue().departments:
        raise NotFound
    try:
        number = parse_mobile(mobile)
    except Malformed as fault:
        raise InvalidFields.of("mobile", fault.code) from None
    row = work.session.merge(
        DutyOfficer(
            department=department,
            mobile=number,
            language=language,
            changed_at=work.now,
            changed_by=work.actor.subject,
        )
    )
    work.session.flush()
    return row
