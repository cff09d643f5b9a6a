"""The pages of the counter."""

from functools import partial

from pages.site import Page
from portal.api.areas import NavigationRow, needs
from portal.api.desk import action_forms
from portal.api.desk.appointments import closures, day
from portal.api.desk.appointments.closures import CLOSURES
from portal.api.desk.appointments.views import APPOINTMENT
from portal.domain import tasks
from portal.domain.areas import DESK
from portal.domain.counter import PATH

_READ, _SERVE = needs(DESK, tasks.READ_APPOINTMENTS), needs(DESK, tasks.SERVE)
PLAN = needs(DESK, tasks.PLAN)
_POST = ("POST",)
_ACTION = f"{PATH}/<uuid:thing_id>/actions/<action>"

PAGES = (
    Page("counter", PATH, _READ, day.show_day),
    Page("counter_search", PATH, _READ, day.submit_search, _POST),
    Page("counter_closures", CLOSURES, PLAN, closures.show_closures),
    Page("counter_closing", CLOSURES, PLAN, closures.submit_closure, _POST),
    Page("counter_lifting", f"{CLOSURES}/<uuid:closure_id>", PLAN, closures.lift_closure, _POST),
    Page("counter_appointment", f"{PATH}/<uuid:appointment_id>", _READ, day.show_appointment),
    Page("counter_action", _ACTION, _SERVE, partial(action_forms.show_action, kind=APPOINTMENT)),
    Page(
        "counter_action_entry",
        _ACTION,
        _SERVE,
        partial(action_forms.submit_action, kind=APPOINTMENT),
        _POST,
    ),
)
NAVIGATION = (
    NavigationRow("counter", tasks.READ_APPOINTMENTS, PATH, "nav_counter"),
    NavigationRow("counter_closures", tasks.PLAN, CLOSURES, "nav_closures"),
)
