"""The pages of the area `/affiliated`."""

from pages.site import Page
from portal.api.affiliated import addresses, applications, batches, entry, licences, months
from portal.api.areas import NavigationRow, needs
from portal.domain import tasks
from portal.domain.areas import AFFILIATED

_READ, _SUBMIT = needs(AFFILIATED, tasks.READ_MUNICIPAL), needs(AFFILIATED, tasks.SUBMIT_LICENCES)
_EXPORT = needs(AFFILIATED, tasks.EXPORT_LICENCES)
_MANAGE = needs(AFFILIATED, tasks.MANAGE_WEBHOOKS)
_POST = ("POST",)
_CORRECTION, _WITHDRAWAL = f"{applications.ONE}/correction", f"{applications.ONE}/withdrawal"
_REQUEST = f"{licences.ONE}/<change>"

PAGES = (
    Page("aff_applications", applications.LIST, _READ, applications.show_applications),
    Page("aff_search", applications.LIST, _READ, applications.submit_search, _POST),
    Page("aff_new", entry.NEW, _SUBMIT, entry.show_new),
    Page("aff_new_entry", entry.NEW, _SUBMIT, entry.submit_new, _POST),
    Page("aff_application", applications.ONE, _READ, applications.show_application),
    Page("aff_correction", _CORRECTION, _SUBMIT, entry.show_correction),
    Page("aff_correction_entry", _CORRECTION, _SUBMIT, entry.submit_correction, _POST),
    Page("aff_withdrawal", _WITHDRAWAL, _SUBMIT, applications.show_withdrawal),
    Page("aff_withdrawal_entry", _WITHDRAWAL, _SUBMIT, applications.submit_withdrawal, _POST),
    Page("aff_file", batches.FILES, _SUBMIT, batches.show_file_form),
    Page("aff_file_entry", batches.FILES, _SUBMIT, batches.submit_file, _POST),
    Page(
        "aff_template",
        f"{batches.FILES}/template.csv",
        _SUBMIT,
        batches.send_template,
        is_download=True,
    ),
    Page("aff_results", batches.RESULTS, _SUBMIT, batches.show_results),
    Page(
        "aff_results_file",
        f"{batches.RESULTS}.csv",
        _SUBMIT,
        batches.send_results,
        is_download=True,
    ),
    Page("aff_licences", licences.LIST, _READ, licences.show_licences),
    Page(
        "aff_licences_file",
        f"{licences.LIST}.csv",
        _EXPORT,
        licences.send_licences,
        is_download=True,
    ),
    Page("aff_licence", licences.ONE, _READ, licences.show_licence),
    Page("aff_request", _REQUEST, _SUBMIT, licences.show_request),
    Page("aff_request_entry", _REQUEST, _SUBMIT, licences.submit_request, _POST),
    Page("aff_months", months.PAGE, _READ, months.show_months),
    Page("aff_months_file", f"{months.PAGE}.csv", _READ, months.send_months, is_download=True),
    Page("aff_addresses", addresses.LIST, _MANAGE, addresses.show_addresses),
    Page("aff_address_entry", addresses.LIST, _MANAGE, addresses.submit_address, _POST),
    Page("aff_address", addresses.ONE, _MANAGE, addresses.show_address),
    Page(
        "aff_address_action", f"{addresses.ONE}/<action>", _MANAGE, addresses.submit_action, _POST
    ),
)
NAVIGATION = (
    NavigationRow("aff_applications", tasks.READ_MUNICIPAL, applications.LIST, "nav_aff_list"),
    NavigationRow("aff_new", tasks.SUBMIT_LICENCES, entry.NEW, "nav_aff_new"),
    NavigationRow("aff_file", tasks.SUBMIT_LICENCES, batches.FILES, "nav_aff_file"),
    NavigationRow("aff_licences", tasks.READ_MUNICIPAL, licences.LIST, "nav_aff_licences"),
    NavigationRow("aff_months", tasks.READ_MUNICIPAL, months.PAGE, "nav_aff_months"),
    NavigationRow("aff_addresses", tasks.MANAGE_WEBHOOKS, addresses.LIST, "nav_aff_addresses"),
)
