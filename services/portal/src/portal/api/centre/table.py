"""The pages of the area `/centre`."""

from pages.site import Page
from portal.api.areas import NavigationRow, needs
from portal.api.centre import results, workers
from portal.domain import tasks
from portal.domain.areas import CENTRE

_FIND, _ENTER = needs(CENTRE, tasks.FIND_EXAMINEES), needs(CENTRE, tasks.EXAMINE)
_ENTRY = f"{workers.TODAY}/<number>"
_CORRECTION = f"{_ENTRY}/correction"

PAGES = (
    Page("centre_examinations", workers.TODAY, _FIND, workers.show_today),
    Page("centre_worker", workers.WORKERS, _FIND, workers.show_worker),
    Page("centre_search", workers.WORKERS, _FIND, workers.submit_search, methods=("POST",)),
    Page("centre_result", "/centre/results", _ENTER, results.submit_result, methods=("POST",)),
    Page("centre_entry", _ENTRY, _FIND, results.show_entry),
    Page("centre_correction", _CORRECTION, _ENTER, results.show_correction),
    Page(
        "centre_correction_entry",
        _CORRECTION,
        _ENTER,
        results.submit_correction,
        methods=("POST",),
    ),
)
NAVIGATION = (
    NavigationRow(
        "centre_examinations", tasks.FIND_EXAMINEES, workers.TODAY, "nav_centre_examinations"
    ),
)
