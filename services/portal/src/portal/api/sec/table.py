"""The pages of the area `/sec`."""

from pages.site import Page
from portal.api.areas import NavigationRow, needs
from portal.api.sec import access_log, exports, grant, inspections, permits, releases
from portal.domain import tasks
from portal.domain.areas import SEC

_PERMITS, _GRANT, _ACCESS_LOG = (
    needs(SEC, scope) for scope in (tasks.READ, tasks.STATUS, tasks.LOG)
)
INSPECT = needs(SEC, tasks.INSPECT)
_INSPECTION = "/sec/permits/<uuid:permit_id>/inspection"

PAGES = (
    Page("sec_permits", "/sec/permits", _PERMITS, permits.show_search),
    Page("sec_permit_search", "/sec/permits", _PERMITS, permits.submit_search, methods=("POST",)),
    Page("sec_permit", "/sec/permits/<uuid:permit_id>", _PERMITS, permits.show_permit),
    Page("sec_permits_csv", "/sec/permits.csv", _PERMITS, exports.send_csv, is_download=True),
    Page("sec_permits_xlsx", "/sec/permits.xlsx", _PERMITS, exports.send_xlsx, is_download=True),
    Page("sec_inspection", _INSPECTION, INSPECT, inspections.show_form),
    Page("sec_inspection_entry", _INSPECTION, INSPECT, inspections.submit_form, methods=("POST",)),
    Page("sec_entry", "/sec/entries/<uuid:entry_id>", INSPECT, inspections.show_entry),
    Page("sec_grant", "/sec/grant", _GRANT, grant.show_grant),
    Page("sec_access_log", "/sec/access-log", _ACCESS_LOG, access_log.show_accesses),
    Page("sec_releases", "/sec/releases", _PERMITS, releases.show_waiting),
)
NAVIGATION = (
    NavigationRow("sec_permits", tasks.READ, "/sec/permits", "nav_permits"),
    NavigationRow("sec_releases", tasks.READ, "/sec/releases", "nav_releases"),
    NavigationRow("sec_access_log", tasks.LOG, "/sec/access-log", "nav_access_log"),
    NavigationRow("sec_grant", tasks.STATUS, "/sec/grant", "nav_grant"),
)
