"""Due days: a transaction is due some working days after its entry. The days in which the applicant completes something
aren't counted."""

from datetime import date, datetime, timedelta

from saudi.days import midnight_after
from saudi.working_time import WorkingTime


def due_on(office: WorkingTime, entered_on: date, working_days: int, waited: int) -> date:
    """Returns the last day on which the municipality is in time. `waited`: the working days of the applicant."""
    return office.add_working_days(entered_on, working_days + waited)


def waited_days(office: WorkingTime, returned_on: date, answered_on: date) -> int:
    """Returns the working days that the applicant took, without the day of the return."""
    return office.working_days_between(returned_on, answered_on)


def answer_until(returned_on: date, answer_days: int) -> date:
    """Returns the last day on which the applicant may complete the transaction."""
    return returned_on + timedelta(days=answer_days)


def lapses_at(last_day: date) -> datetime:
    """Returns the moment at which an unanswered transaction is filed: the end of its last day in Riyadh."""
    return midnight_after(last_day)
