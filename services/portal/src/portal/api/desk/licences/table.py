"""The pages of the desk for licences."""

from functools import partial

from pages.site import Page
from portal.api.areas import NavigationRow, needs
from portal.api.desk import action_forms
from portal.api.desk.licences import queues, rule_tables, rules, things
from portal.api.desk.licences.views import APPLICATION, VIOLATION
from portal.domain import tasks
from portal.domain.areas import DESK
from portal.domain.large_forms import RULE_FILES
from portal.domain.licence_desk import APPLICATIONS, HELD, PATH, VIOLATIONS
from portal.domain.licence_rules import RULES

_READ, _VIOLATIONS = needs(DESK, tasks.READ_LICENCES), needs(DESK, tasks.READ_VIOLATIONS)
_RULES = needs(DESK, tasks.MANAGE_RULES)
_POST = ("POST",)
_FILE = "files/<uuid:attachment_id>"
_APPLICATION, _VIOLATION = (
    f"{APPLICATIONS}/<uuid:application_id>",
    f"{VIOLATIONS}/<uuid:violation_id>",
)
_LICENCE = f"{HELD}/<licence_no>"
_APPLICATION_ACTION = f"{APPLICATIONS}/<uuid:thing_id>/actions/<action>"
_VIOLATION_ACTION = f"{VIOLATIONS}/<uuid:thing_id>/actions/<action>"
_LICENCE_ACTION = f"{_LICENCE}/actions/<action>"
_VERSION = f"{RULES}/<name>"
_RULE_FEE = f"{_VERSION}/fees/<code>"
_RULE_ACTION = f"{_VERSION}/actions/<action>"

PAGES = (
    Page("desk_licences", PATH, _READ, queues.show_applications),
    Page("desk_licences_search", PATH, _READ, queues.submit_search, _POST),
    Page("desk_licence_application", _APPLICATION, _READ, things.show_application),
    Page(
        "desk_licence_application_file",
        f"{_APPLICATION}/{_FILE}",
        _READ,
        things.send_application_file,
        is_download=True,
    ),
    Page(
        "desk_licence_application_action",
        _APPLICATION_ACTION,
        _READ,
        partial(action_forms.show_action, kind=APPLICATION),
    ),
    Page(
        "desk_licence_application_action_entry",
        _APPLICATION_ACTION,
        _READ,
        partial(action_forms.submit_action, kind=APPLICATION),
        _POST,
    ),
    Page("desk_licence", _LICENCE, _READ, things.show_licence),
    Page(
        "desk_licence_document",
        f"{_LICENCE}/document",
        _READ,
        things.send_document,
        is_download=True,
    ),
    Page("desk_licence_action", _LICENCE_ACTION, _READ, things.show_licence_action),
    Page("desk_licence_action_entry", _LICENCE_ACTION, _READ, things.submit_licence_action, _POST),
    Page("desk_violations", VIOLATIONS, _VIOLATIONS, queues.show_violations),
    Page("desk_violation", _VIOLATION, _VIOLATIONS, things.show_violation),
    Page(
        "desk_violation_file",
        f"{_VIOLATION}/{_FILE}",
        _VIOLATIONS,
        things.send_violation_file,
        is_download=True,
    ),
    Page(
        "desk_violation_action",
        _VIOLATION_ACTION,
        _VIOLATIONS,
        partial(action_forms.show_action, kind=VIOLATION),
    ),
    Page(
        "desk_violation_action_entry",
        _VIOLATION_ACTION,
        _VIOLATIONS,
        partial(action_forms.submit_action, kind=VIOLATION),
        _POST,
    ),
    Page("desk_rules", RULES, _RULES, rules.show_versions),
    Page("desk_rules_new", RULE_FILES, _RULES, rules.show_entry),
    Page("desk_rules_entry", RULE_FILES, _RULES, rules.submit_entry, _POST),
    Page("desk_rule", _VERSION, _RULES, rules.show_version),
    Page("desk_rule_file", f"{_VERSION}/file", _RULES, rules.send_file, is_download=True),
    Page("desk_rule_tables", f"{_VERSION}/tables", _RULES, rule_tables.show_tables),
    Page("desk_rule_fee", _RULE_FEE, _RULES, rule_tables.show_fee),
    Page("desk_rule_fee_entry", _RULE_FEE, _RULES, rule_tables.submit_fee, _POST),
    Page("desk_rule_action", _RULE_ACTION, _RULES, rules.show_rule_action),
    Page("desk_rule_action_entry", _RULE_ACTION, _RULES, rules.submit_rule_action, _POST),
)
NAVIGATION = (
    NavigationRow("desk_licences", tasks.READ_LICENCES, PATH, "nav_licence_work"),
    NavigationRow("desk_violations", tasks.READ_VIOLATIONS, VIOLATIONS, "nav_violations"),
    NavigationRow("desk_rules", tasks.MANAGE_RULES, RULES, "nav_rules"),
)
