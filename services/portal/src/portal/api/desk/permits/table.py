"""The pages of the desk for permits."""

from pages.site import Page
from portal.api.areas import NavigationRow, needs
from portal.api.desk.permits import actions, looks, queues, search, things
from portal.domain import tasks
from portal.domain.areas import DESK

READ = needs(DESK, tasks.READ_PERMITS)
OWNERS, _LOOKS = needs(DESK, tasks.SEARCH_OWNERS), needs(DESK, tasks.READ_LOOKS)
_PATH, _OWNERS, _LOOKS_PATH = "/desk/permits", "/desk/permits/owners", "/desk/permits/looks"
_THING = "/desk/permits/<kind>/<uuid:thing_id>"
_ACTION = f"{_THING}/actions/<action>"
_POST = ("POST",)

PAGES = (
    Page("desk_permits", _PATH, READ, search.show_search),
    Page("desk_permits_entry", _PATH, READ, search.submit_search, methods=_POST),
    Page("desk_permit_owner", _OWNERS, OWNERS, search.show_owner),
    Page("desk_permit_owner_entry", _OWNERS, OWNERS, search.submit_owner, methods=_POST),
    Page("desk_permit_looks", _LOOKS_PATH, _LOOKS, looks.show_looks),
    Page("desk_permit_queue", "/desk/permits/queues/<queue>", READ, queues.show_queue),
    Page("desk_permit_thing", _THING, READ, things.show_thing),
    Page(
        "desk_permit_document", f"{_THING}/document", READ, things.send_document, is_download=True
    ),
    Page("desk_permit_action", _ACTION, READ, actions.show_action),
    Page("desk_permit_action_entry", _ACTION, READ, actions.submit_action, methods=_POST),
)
_QUEUE = "/desk/permits/queues"
NAVIGATION = (
    NavigationRow("desk_permit_queue", tasks.READ_PERMITS, f"{_QUEUE}/requests", "nav_permit_work"),
    NavigationRow("desk_permits", tasks.READ_PERMITS, _PATH, "nav_permit_search"),
    NavigationRow("desk_permit_owner", tasks.SEARCH_OWNERS, _OWNERS, "nav_permit_owner"),
    NavigationRow("desk_permit_looks", tasks.READ_LOOKS, _LOOKS_PATH, "nav_permit_looks"),
)
