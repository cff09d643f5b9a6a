"""The pages of the desk for health education."""

from pages.site import Page
from portal.api.areas import NavigationRow, needs
from portal.api.desk.health import education
from portal.domain import tasks
from portal.domain.areas import DESK

_READ, _ENTER = needs(DESK, tasks.READ_HEALTH), needs(DESK, tasks.ENTER_EDUCATION)
_REQUEST = f"{education.PATH}/requests/<uuid:request_id>"
_PASS = f"{_REQUEST}/education/<change>"

PAGES = (
    Page("desk_health", education.PATH, _READ, education.show_requests),
    Page("desk_health_search", education.PATH, _READ, education.submit_search, methods=("POST",)),
    Page("desk_health_request", _REQUEST, _READ, education.show_request),
    Page("desk_health_pass", _PASS, _ENTER, education.show_pass),
    Page("desk_health_pass_entry", _PASS, _ENTER, education.submit_pass, methods=("POST",)),
)
NAVIGATION = (NavigationRow("desk_health", tasks.READ_HEALTH, education.PATH, "nav_health"),)
