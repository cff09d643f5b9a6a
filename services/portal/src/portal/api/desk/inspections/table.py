"""The pages of inspectors."""

from functools import partial

from pages.site import Page
from portal.api.areas import NavigationRow, needs
from portal.api.desk import action_forms
from portal.api.desk.inspections import recording, shops, visits
from portal.api.desk.inspections.shops import SHOPS
from portal.api.desk.inspections.visits import NEW_VIOLATION, PATH, VISIT, VISITS
from portal.domain import tasks
from portal.domain.areas import DESK
from portal.domain.large_forms import VIOLATION_RECORDS

_INSPECT, _RECORD = needs(DESK, tasks.INSPECT_SHOPS), needs(DESK, tasks.RECORD_VIOLATIONS)
_POST = ("POST",)
_ACTION = f"{VISITS}/<uuid:thing_id>/actions/<action>"

PAGES = (
    Page("inspections", PATH, _INSPECT, visits.show_visits),
    Page("inspection", f"{VISITS}/<uuid:inspection_id>", _INSPECT, visits.show_visit),
    Page("inspection_action", _ACTION, _INSPECT, partial(action_forms.show_action, kind=VISIT)),
    Page(
        "inspection_action_entry",
        _ACTION,
        _INSPECT,
        partial(action_forms.submit_action, kind=VISIT),
        _POST,
    ),
    Page("inspection_shops", SHOPS, _INSPECT, shops.show_shops),
    Page("inspection_shop_entry", SHOPS, _INSPECT, shops.submit_shop, _POST),
    Page("inspection_violation", NEW_VIOLATION, _RECORD, recording.show_recording),
    Page(
        "inspection_violation_entry", VIOLATION_RECORDS, _RECORD, recording.submit_recording, _POST
    ),
)
NAVIGATION = (
    NavigationRow("inspections", tasks.INSPECT_SHOPS, PATH, "nav_inspections"),
    NavigationRow("inspection_shops", tasks.INSPECT_SHOPS, SHOPS, "nav_inspection_shops"),
    NavigationRow(
        "inspection_violation", tasks.RECORD_VIOLATIONS, NEW_VIOLATION, "nav_inspection_violation"
    ),
)
