"""What an applicant chooses from: the professions and medical centres of the day."""

from health_certs import catalogue
from health_certs.api.callers import View
from health_certs.context import Call
from saudi.days import legal_day


def list_professions(call: Call) -> View:
    professions = catalogue.professions()
    return {
        "items": [
            {
                "code": one.code,
                **one.words.pair(),
                "group": {"code": one.group, **professions.groups[one.group].pair()},
                "course": one.course.code if one.course else None,
                "season": one.season.code if one.season else None,
            }
            for one in professions.listed(legal_day(call.now))
        ]
    }


def list_centres(call: Call) -> View:
    today = legal_day(call.now)
    return {
        "items": [
            {"organisation": one.organisation, **one.words.pair(), "towns": list(one.towns)}
            for one in catalogue.centres().values()
            if one.is_accredited(today)
        ]
    }
