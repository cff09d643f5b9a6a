"""The pages of appointments for people without an account."""

from pages.site import PUBLIC, Page
from portal.api.appointments import appointment, booking, display
from portal.api.appointments.appointment import MOVE, OPEN
from portal.api.appointments.booking import CODE, DETAILS, MINE, SERVICES, TIMES
from portal.api.public.table import REPORTER

_POST = ("POST",)
_DISPLAY = "/appointments/display/<uuid:department_id>"
_TICKET, _CALENDAR = "/appointments/ticket.pdf", "/appointments/appointment.ics"

PAGES = (
    Page("appointments", SERVICES, PUBLIC, booking.show_services),
    Page("appointment_times", TIMES, REPORTER, booking.show_free_times),
    Page("appointment_time_choice", TIMES, REPORTER, booking.submit_time, _POST),
    Page("appointment_details", DETAILS, REPORTER, booking.show_details),
    Page("appointment_details_entry", DETAILS, REPORTER, booking.submit_details, _POST),
    Page("appointment_code", CODE, REPORTER, booking.show_code),
    Page("appointment_booking", CODE, REPORTER, booking.submit_code, _POST),
    Page("appointment_open", OPEN, REPORTER, appointment.show_opening),
    Page("appointment_opening", OPEN, REPORTER, appointment.submit_opening, _POST),
    Page("appointment", MINE, REPORTER, appointment.show_mine),
    Page("appointment_choice", MINE, REPORTER, appointment.submit_choice, _POST),
    Page("appointment_other_times", MOVE, REPORTER, appointment.show_other_times),
    Page("appointment_move", MOVE, REPORTER, appointment.submit_move, _POST),
    Page("appointment_ticket", _TICKET, REPORTER, appointment.send_ticket, is_download=True),
    Page("appointment_display", _DISPLAY, PUBLIC, display.show_display),
    Page("appointment_calendar", _CALENDAR, REPORTER, appointment.send_calendar, is_download=True),
)
