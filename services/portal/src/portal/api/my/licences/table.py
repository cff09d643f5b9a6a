"""The pages of a citizen's licences, below `/my/licences`."""

from pages.site import Page
from portal.api.areas import NavigationRow, needs
from portal.api.my.licences import (
    corrections,
    drafts,
    files,
    licence,
    overview,
    place_choice,
    review,
    steps,
    violations,
)
from portal.api.my.licences.asking import (
    APPLICATIONS,
    DRAFTS,
    FILES,
    HELD,
    NEW,
    OBJECTIONS,
    OVERVIEW,
    VIOLATIONS,
)
from portal.domain import tasks
from portal.domain.areas import MY

READ, WRITE = needs(MY, tasks.READ_MY_LICENCES), needs(MY, tasks.WRITE_MY_LICENCES)
_POST = ("POST",)
_APPLICATION = f"{APPLICATIONS}/<uuid:application_id>"
_LICENCE, _DRAFT = f"{HELD}/<licence_no>", f"{DRAFTS}/<uuid:draft_id>"
_STEP, _REMOVAL = f"{_DRAFT}/steps/<step>", f"{_DRAFT}/files/<uuid:attachment_id>/removal"
_VIOLATION = f"{VIOLATIONS}/<uuid:violation_id>"
_CORRECTION, _WITHDRAWAL = f"{_APPLICATION}/correction", f"{_APPLICATION}/withdrawal"
_RENEWAL, _END, _REVIEW = f"{_LICENCE}/renewal", f"{_LICENCE}/end", f"{_DRAFT}/review"

PAGES = (
    Page("my_licences", OVERVIEW, READ, overview.show_overview),
    Page("my_licence_application", _APPLICATION, READ, overview.show_application),
    Page(
        "my_licence_application_file",
        f"{_APPLICATION}/files/<uuid:attachment_id>",
        READ,
        overview.show_application_file,
        is_download=True,
    ),
    Page("my_licence_correction", _CORRECTION, WRITE, corrections.show_correction),
    Page("my_licence_correction_entry", _CORRECTION, WRITE, corrections.submit_correction, _POST),
    Page("my_licence_withdrawal", _WITHDRAWAL, WRITE, corrections.show_withdrawal),
    Page("my_licence_withdrawal_entry", _WITHDRAWAL, WRITE, corrections.submit_withdrawal, _POST),
    Page("my_licence", _LICENCE, READ, licence.show_licence),
    Page(
        "my_licence_document", f"{_LICENCE}/document", READ, licence.show_document, is_download=True
    ),
    Page("my_licence_renewal", _RENEWAL, WRITE, licence.show_renewal),
    Page("my_licence_renewal_entry", _RENEWAL, WRITE, licence.submit_renewal, _POST),
    Page("my_licence_end", _END, WRITE, licence.show_end),
    Page("my_licence_end_entry", _END, WRITE, licence.submit_end, _POST),
    Page("my_licence_new", NEW, WRITE, steps.show_new),
    Page("my_licence_new_entry", NEW, WRITE, steps.submit_new, _POST),
    Page("my_licence_draft", _DRAFT, WRITE, steps.show_draft),
    Page("my_licence_step", _STEP, WRITE, steps.show_step),
    Page("my_licence_step_entry", _STEP, WRITE, steps.submit_step, _POST),
    Page("my_licence_map", f"{_DRAFT}/map", WRITE, place_choice.show_map),
    Page("my_licence_map_choice", f"{_DRAFT}/map", WRITE, place_choice.submit_point, _POST),
    Page("my_licence_draft_drop", f"{_DRAFT}/drop", WRITE, drafts.drop_draft, _POST),
    Page("my_licence_draft_files", f"{_DRAFT}/files", WRITE, files.show_files),
    Page("my_licence_draft_file_removal", _REMOVAL, WRITE, files.remove_file, _POST),
    Page("my_licence_files", FILES, WRITE, files.submit_files, _POST),
    Page("my_licence_review", _REVIEW, WRITE, review.show_review),
    Page("my_licence_sending", _REVIEW, WRITE, review.submit_application, _POST),
    Page("my_violation", _VIOLATION, READ, violations.show_violation),
    Page(
        "my_violation_file",
        f"{_VIOLATION}/files/<uuid:attachment_id>",
        READ,
        violations.show_file,
        is_download=True,
    ),
    Page("my_objection", f"{_VIOLATION}/objection", WRITE, violations.show_objection),
    Page("my_objection_entry", OBJECTIONS, WRITE, violations.submit_objection, _POST),
)
NAVIGATION = (
    NavigationRow("my_licences", tasks.READ_MY_LICENCES, OVERVIEW, "nav_my_licences"),
    NavigationRow("my_licence_new", tasks.WRITE_MY_LICENCES, NEW, "nav_my_licence_new"),
)
