"""The pages of people without a session. `inquirer` and `reporter` bind their forms to a cookie; forms with the guard
`reporter` keep a draft."""

from collections.abc import Mapping

from pages.site import PUBLIC, Guard, Page
from portal.api import place_maps
from portal.api.public import (
    activities,
    documents,
    figures,
    forms,
    home,
    inquiry,
    report_filing,
    report_place,
    reports,
)
from portal.api.public.report_filing import DETAILS, FILED, KINDS, PHOTOS, PLACE, REVIEW, SIMILAR

_INQUIRER, REPORTER = "inquirer", "reporter"
GUARDS: Mapping[str, Guard] = {_INQUIRER: forms.admit, REPORTER: forms.admit_reporter}
_POST = ("POST",)

PAGES = (
    Page("home", "/", PUBLIC, home.show_home),
    Page("inquiry", "/inquiry", _INQUIRER, inquiry.show_inquiry),
    Page("inquiry_answer", "/inquiry", _INQUIRER, inquiry.submit_inquiry, _POST),
    Page("inquiry_question", inquiry.QUESTION_LINK, _INQUIRER, inquiry.send_question_link, _POST),
    Page("verify", documents.VERIFY, _INQUIRER, documents.show_form),
    Page("verify_answer", documents.VERIFY, _INQUIRER, documents.submit_code, _POST),
    Page("activities", activities.ACTIVITIES, PUBLIC, activities.show_list),
    Page("activity", f"{activities.ACTIVITIES}/<code>", PUBLIC, activities.show_activity),
    Page("report", PHOTOS, REPORTER, report_filing.show_photos),
    Page("report_photos", PHOTOS, REPORTER, report_filing.submit_photos, _POST),
    Page("report_kind", KINDS, REPORTER, report_filing.show_kinds),
    Page("report_kind_choice", KINDS, REPORTER, report_filing.submit_kind, _POST),
    Page("report_details", DETAILS, REPORTER, report_filing.show_details),
    Page("report_details_entry", DETAILS, REPORTER, report_filing.submit_details, _POST),
    Page("report_place", PLACE, REPORTER, report_place.show_map),
    Page("report_place_choice", PLACE, REPORTER, report_place.submit_point, _POST),
    Page("report_map", place_maps.PICTURE, PUBLIC, place_maps.send_picture),
    Page("report_similar", SIMILAR, REPORTER, report_filing.show_similar),
    Page("report_review", REVIEW, REPORTER, report_filing.show_review),
    Page("report_sending", REVIEW, REPORTER, report_filing.submit_report, _POST),
    Page("report_filed", FILED, REPORTER, report_filing.show_filed),
    Page("reports", "/reports", PUBLIC, reports.show_list),
    Page("public_report", "/reports/<number>", PUBLIC, reports.show_report),
    Page("figures", figures.FIGURES, PUBLIC, figures.show_overview),
    Page("figures_catalogue", figures.CATALOGUE, PUBLIC, figures.send_catalogue),
    Page("figures_series", f"{figures.FIGURES}/<code>", PUBLIC, figures.show_series),
    Page("figures_csv", f"{figures.FIGURES}/<code>.csv", PUBLIC, figures.send_csv),
    Page("public_photo", "/reports/photos/<uuid:photo_id>", PUBLIC, reports.show_photo),
)
