"""The pages of the desk for reports."""

from pages.site import Page
from portal.api.areas import NavigationRow, needs
from portal.api.desk.reports import actions, calls, inbox, referrals, report, statistics
from portal.domain import large_forms, tasks
from portal.domain.areas import DESK

_REPORTS, _STATISTICS = needs(DESK, tasks.READ_REPORTS), needs(DESK, tasks.COUNT_REPORTS)
CALLS, _REFERRALS = needs(DESK, tasks.FILE), needs(DESK, tasks.REFER)
_CALLS, _SEARCH = "/desk/calls", "/desk/search"
_PHOTO = "/desk/reports/<uuid:report_id>/photos/<uuid:attachment_id>"
_ACTION = "/desk/reports/<uuid:report_id>/actions/<action>"
_MONTH, _REFERRAL = "/desk/statistics", "/desk/referrals/<form>"

PAGES = (
    Page("desk_reports", "/desk/reports", _REPORTS, inbox.show_inbox),
    Page("desk_search", _SEARCH, _REPORTS, inbox.show_search),
    Page("desk_search_entry", _SEARCH, _REPORTS, inbox.submit_search, methods=("POST",)),
    Page(
        "desk_treatment",
        large_forms.TREATMENTS,
        _REPORTS,
        actions.submit_treatment,
        methods=("POST",),
    ),
    Page("desk_referral_choice", "/desk/referrals", _REFERRALS, referrals.submit_choice, ("POST",)),
    Page("desk_referral", _REFERRAL, _REFERRALS, referrals.show_referral),
    Page("desk_referral_entry", _REFERRAL, _REFERRALS, referrals.submit_referral, ("POST",)),
    Page("desk_call", _CALLS, CALLS, calls.show_form),
    Page("desk_call_entry", _CALLS, CALLS, calls.submit_form, methods=("POST",)),
    Page("desk_statistics", _MONTH, _STATISTICS, statistics.show_month),
    Page(
        "desk_statistics_csv", f"{_MONTH}.csv", _STATISTICS, statistics.send_month, is_download=True
    ),
    Page("desk_report", "/desk/reports/<uuid:report_id>", _REPORTS, report.show_report),
    Page("desk_photo", _PHOTO, _REPORTS, report.show_photo, is_download=True),
    Page("desk_action", _ACTION, _REPORTS, actions.show_action),
    Page("desk_action_entry", _ACTION, _REPORTS, actions.submit_action, methods=("POST",)),
)
NAVIGATION = (
    NavigationRow("desk_reports", tasks.READ_REPORTS, "/desk/reports", "nav_reports"),
    NavigationRow("desk_search", tasks.READ_REPORTS, _SEARCH, "nav_search"),
    NavigationRow("desk_call", tasks.FILE, _CALLS, "nav_calls"),
    NavigationRow("desk_statistics", tasks.COUNT_REPORTS, _MONTH, "nav_statistics"),
)
