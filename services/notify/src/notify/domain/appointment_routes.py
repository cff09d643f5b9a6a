"""The rows of the table of routes for appointments and for the one-time codes of a booking."""

from collections.abc import Mapping

from notify.domain.routes import APPOINTMENT_PAGE, CODE, ExpiryReminder, Route, Topic

_APPOINTMENT = {
    "number": "appointment_number",
    "department": "department",
    "service": "service_name",
    "day": "day/day",
    "time": "time",
}

APPOINTMENT_TOPICS: Mapping[str, Topic] = {
    "appointments.appointment": Topic(
        about="appointment",
        number="appointment_number",
        events=(
            *("booked", "confirmed", "moved", "affected", "kept", "waiting", "waiting_ended"),
            *("offered", "offer_lapsed", "link_replaced", "cancelled", "checked_in", "called"),
            *("served", "missed", "emptied"),
        ),
        routes=(
            Route(
                "booked",
                "applicant",
                "appointment-booked",
                _APPOINTMENT,
                {"status": "confirmed"},
            ),
            Route(
                "booked",
                "applicant",
                "appointment-requested",
                _APPOINTMENT,
                {"status": "requested"},
            ),
            Route("confirmed", "applicant", "appointment-booked", _APPOINTMENT),
            Route("moved", "applicant", "appointment-moved", _APPOINTMENT),
            Route("affected", "applicant", "appointment-affected", _APPOINTMENT),
            *(
                Route("kept", "applicant", template, _APPOINTMENT, {"status": status})
                for status, template in (
                    ("confirmed", "appointment-kept"),
                    ("requested", "appointment-request-kept"),
                )
            ),
            # An offer is good for half an hour at most: no cap may keep it for tomorrow.
            Route(
                "offered",
                "applicant",
                "appointment-offered",
                {
                    **_APPOINTMENT,
                    "day": "offer.day/day",
                    "time": "offer.time",
                    "until_time": "offer.until_time",
                },
                urgent=True,
            ),
            # The person waits for the new link, and the limits of codes bound the number of texts.
            Route("link_replaced", "applicant", "appointment-link", _APPOINTMENT, urgent=True),
            Route(
                "cancelled",
                "applicant",
                "appointment-cancelled",
                _APPOINTMENT,
                {"cancelled_by": "person"},
            ),
            # A person with a queue number was there: no text when the day ends.
            *(
                Route(
                    "cancelled",
                    "applicant",
                    "appointment-cancelled-for-you",
                    _APPOINTMENT,
                    {"cancelled_by": by, "queue_number": None},
                )
                for by in ("municipality", "day_end")
            ),
            Route("missed", "applicant", "appointment-missed", _APPOINTMENT),
        ),
        ends=ExpiryReminder(
            "day",
            (1,),
            Route(
                "",
                "applicant",
                "appointment-reminder",
                _APPOINTMENT,
                {"status": "confirmed", "affected": False},
            ),
        ),
        page=APPOINTMENT_PAGE,
    ),
    # The limits of codes are the publisher's, so no cap of texts holds a code.
    "appointments.code": Topic(
        about="one_time_code",
        number="code_id",
        events=("requested",),
        routes=(Route("requested", "holder", "code", {}, urgent=True, optional=True),),
        page=CODE,
    ),
}
