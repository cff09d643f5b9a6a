"""The duty officers of the departments: whose mobile hears of danger and of what escalates."""

from datetime import datetime

from sqlalchemy.orm import Session

from chassis.core.actors import Actor
from chassis.core.refusals import InvalidFields, NotFound
from reports.catalogue import catalogue
from reports.models import DutyOfficer
from saudi import Malformed
from saudi.mobiles import parse_mobile


def set_duty_officer(
    session: Session,
    actor: Actor,
    department: str,
    *,
    mobile: str,
    language: str,
    now: datetime,
) -> DutyOfficer:
    """Names the department's duty officer from now on. Raises NotFound for an unknown department, InvalidFields."""
    if department not in catalogue().departments:
        raise NotFound
    try:
        number = parse_mobile(mobile)
    except Malformed as fault:
        raise InvalidFields.of("mobile", fault.code) from None
    row = session.merge(
        DutyOfficer(
            department=department,
            mobile=number,
            language=language,
            changed_at=now,
            changed_by=actor.subject,
        )
    )
    session.flush()
    return row
