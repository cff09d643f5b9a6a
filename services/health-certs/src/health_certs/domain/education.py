"""How long a pass of health education is good."""

from datetime import date

from saudi.days import add_years


def good_until(passed_on: date, months: int) -> date:
    """The last day: so many months later, the same day of the month or the month's last."""
    years, rest = divmod(passed_on.month - 1 + months, 12)
    first = add_years(passed_on.replace(day=1), years).replace(month=rest + 1)
    for day in range(passed_on.day, 27, -1):
        try:
            return first.replace(day=day)
        except ValueError:
            continue
    return first.replace(day=passed_on.day)
