"""The walks through the desk for licences and the pages of inspectors. The things are those of the contract's
examples."""

from typing import Any

from desk_walks import find, picture
from portal_walks import Walk, fault, press, send
from selenium.webdriver.common.by import By

from chassis.core import contracts

_EXAMPLES = contracts.openapi("licences")["components"]["examples"]
_ID = "0195ff10-4d00-7b22-9d3f-000000000"
APPLICATION_ID, VIOLATION_ID, VISIT_ID, FILE_ID = f"{_ID}101", f"{_ID}201", f"{_ID}401", f"{_ID}0b1"
NUMBER, MISSING = "144804000017", f"{_ID}999"
APPLICATIONS, LICENCES = "/v1/licence-applications", "/v1/licences"
VIOLATIONS, VISITS = "/v1/violations", "/v1/licence-inspections"
ITEMS, CHECKS = "/v1/violation-items", "/v1/public/document-verifications"
APPLICATION, LICENCE = f"{APPLICATIONS}/{APPLICATION_ID}", f"{LICENCES}/{NUMBER}"
VIOLATION, VISIT = f"{VIOLATIONS}/{VIOLATION_ID}", f"{VISITS}/{VISIT_ID}"
DESK, FIELD = "/desk/licences", "/desk/inspections"
SHOWN, HELD = f"{DESK}/applications/{APPLICATION_ID}", f"{DESK}/held/{NUMBER}"
QUEUE, SEEN = f"{DESK}/violations", f"{DESK}/violations/{VIOLATION_ID}"
OUT, SHOPS, NEW = f"{FIELD}/visits/{VISIT_ID}", f"{FIELD}/shops", f"{FIELD}/violations/new"
OFFICE, INSPECTION, RULING = "licence-office", "shop-inspection", "licence-rules"
RULES, RULE_PAGES = "/v1/licence-rules", f"{DESK}/rules"
RULE, RULE_PAGE = f"{RULES}/2027.1", f"{RULE_PAGES}/2027.1"
FEE = f"{RULE_PAGE}/fees/licence-small"


def example(name: str, **changes: Any) -> Any:
    """Returns an answer of the contract."""
    return {**_EXAMPLES[name]["value"], **changes}


def listed(name: str, *more: Any) -> tuple[int, Any]:
    return 200, {"items": [example(name), *more], "next_cursor": "c2"}


def application(**changes: Any) -> Any:
    actions = ["verify", "approve", "order_inspection", "return", "refuse", "withdraw"]
    return example("Application", staff_actions=actions, **changes)


def violation(**changes: Any) -> Any:
    objection = {
        "channel": "citizen", "reasons": "الشهادة 3-5 كانت سارية", "filed_at": "2026-11-20T08:00:00Z",
        "decide_until": "2026-12-05", "decide_until_hijri": "1448/06/25", "overdue": False, "outcome": None,
        "decision_reasons": None, "decided_at": None,
    }  # fmt: skip
    actions = ["decide", "warn", "confirm", "bill", "close_place", "cancel"]
    return example("Violation", staff_actions=actions, objection=objection, **changes)


def licence_desk_answers() -> dict[str, tuple[int, Any]]:
    """Returns what a service `licences` that is well answers the desk, by path."""
    decision = example("Explanation")
    unknown = {
        "code": "lease-term", "satisfied": None, "ar": "عقد الإيجار (من 1448/05/21): لم يصل ما يثبته بعد",
        "en": "The lease (from 1448/05/21): nothing is known yet", "inputs": {},
        "source": {
            "kind": "lease_register", "known_at": "2026-11-25T08:00:00Z", "reference": "10423344550", "by": None,
        },
    }  # fmt: skip
    explained = {**decision, "conditions": [*decision["conditions"], unknown]}
    licence = example("Licence", staff_actions=["renew", "suspend", "correct", "cancel"])
    late = application(review_until="2020-01-05", review_until_hijri="1441/05/10")
    seen = example(
        "Inspection", result="failed", note="خلاف المرخص 3-5", inspector="بيانات تجريبية"
    )
    return {
        APPLICATIONS: listed("Application", late),
        APPLICATION: (200, application()),
        f"{APPLICATION}/decision": (200, explained),
        f"{APPLICATION}/form": (200, example("ApplicationForm")),
        f"{APPLICATION}/files": (200, example("MyFiles")),
        f"{APPLICATION}/files/{FILE_ID}": (200, picture()),
        f"{APPLICATION}/history": (200, example("History")),
        f"{APPLICATION}/return": (200, application(status="returned")),
        LICENCE: (200, licence),
        f"{LICENCE}/decision": (200, explained),
        f"{LICENCE}/history": (200, example("History")),
        f"{LICENCE}/suspend": (200, licence),
        # The list and the recording of violations have one path.
        VIOLATIONS: (200, {**violation(), "items": [violation()], "next_cursor": "c2"}),
        VIOLATION: (200, violation()),
        f"{VIOLATION}/files": (200, example("ViolationFiles")),
        f"{VIOLATION}/files/{FILE_ID}": (200, picture()),
        f"{VIOLATION}/history": (200, example("ViolationHistory")),
        f"{VIOLATION}/decide": (200, violation(status="upheld")),
        VISITS: listed("Inspection", seen),
        VISIT: (200, example("Inspection")),
        f"{VISIT}/result": (200, seen),
        ITEMS: (200, example("ViolationItemList")),
        # The list and the proposal have one path.
        RULES: (200, {**example("RuleVersionDetails"), **example("RuleVersionList")}),
        RULE: (200, example("RuleVersionDetails")),
        f"{RULE}/history": (200, example("History")),
        f"{RULE}/document": (200, example("RuleDocument")),
        f"{RULE}/fees": (201, example("RuleVersionDetails")),
        f"{RULE}/approve": (
            200,
            example("RuleVersionDetails", status="upcoming", actions=["withdraw"]),
        ),
        CHECKS: (200, example("CodeFinding", document=example("CodeFinding")["document"])),
    }


def record(browser: Any) -> None:
    """Chooses the item and sends the form by its last button; the first button sends pictures alone."""
    browser.find_element(By.CSS_SELECTOR, "#item option[value='3001']").click()
    browser.find_element(By.ID, "note").send_keys("عامل بلا شهادة 3-5")
    press(browser, "main form > .actions .button")


def attach(browser: Any) -> None:
    """Sends a file that is no picture, and goes on."""
    browser.find_element(By.ID, "files").send_keys(__file__)
    press(browser, "button[name=attach]")


def send_rules(browser: Any) -> None:
    browser.find_element(By.ID, "file").send_keys(__file__)
    press(browser, "main form .button")


def pass_visit(browser: Any) -> None:
    browser.find_element(By.CSS_SELECTOR, "[name=passed][value=yes]").click()
    send(note="مطابق 3-5")(browser)


GOOD_CODE = {
    CHECKS: (
        200,
        example(
            "CodeFinding",
            valid=True,
            reason=None,
            reason_title=None,
            document={**example("CodeFinding")["document"], "number": NUMBER},
        ),
    )
}
AWAY = dict.fromkeys(
    (APPLICATIONS, APPLICATION, LICENCE, VIOLATIONS, VIOLATION, VISITS, VISIT, ITEMS, CHECKS),
    (503, {}),
)
AWAY |= dict.fromkeys(
    (f"{APPLICATION}/return", f"{LICENCE}/suspend", f"{VIOLATION}/decide", f"{VISIT}/result"),
    (503, {}),
)
EMPTY = (200, {"items": [], "next_cursor": None, "counts": {}})
NOTHING = {APPLICATIONS: EMPTY, VIOLATIONS: EMPTY, VISITS: EMPTY}
NO_LICENCE = {LICENCE: (404, {"type": "…/not-found", "title": "غير موجود"})}
EMPTIED = {
    APPLICATION: (200, application(owner=None, trade_name=None)),
    f"{APPLICATION}/form": (404, {"type": "…/not-found", "title": "غير موجود"}),
    f"{APPLICATION}/files": (200, {"items": []}),
}
JUDGED = {
    VIOLATION: (
        200,
        violation(
            status="reduced", court_case="4471/1448", judgment_reasons="لم يثبت في المحضر 3/4"
        ),
    ),
}
INCOMPLETE = {
    f"{APPLICATION}/approve": (
        409,
        {"type": "…/approval-incomplete", "title": "لم يكتمل", "detail": "سجلوا أولًا: عقد النظافة 3-5."},
    )
}  # fmt: skip
BAD_FILE = {"/v1/violation-attachments": fault("file")}
OF_LICENCE = f"{NEW}?licence_no={NUMBER}"
RETURN, SUSPEND = f"{SHOWN}/actions/return", f"{HELD}/actions/suspend"
DECIDE, RESULT = f"{SEEN}/actions/decide", f"{OUT}/actions/record"
RETURNED, STOPPED = {"act": send(reasons="صورة العقد 3-5")}, {"act": send(reason="خطر 3-5")}
DECIDED = {"act": send(reasons="بعد المراجعة 3-5")}
OF_OFFICER = (
    ("desk_licences", "good", DESK, {}),
    ("desk_licences", "overdue", f"{DESK}?view=overdue&cursor=c1&municipality=saihat", {}),
    ("desk_licences", "nothing", f"{DESK}?view=applicant", {"changed": NOTHING}),
    ("desk_licences", "away", DESK, {"changed": AWAY}),
    (
        "desk_licences", "fault", f"{DESK}?municipality=x",
        {"changed": {APPLICATIONS: fault("municipality")}, "is_error": True},
    ),
    ("desk_licences_search", "good", DESK, {"act": find(NUMBER)}),
    ("desk_licences_search", "application", DESK, {"act": find("1448040000123")}),
    ("desk_licences_search", "person", DESK, {"act": find("1000000008"), "is_error": True}),
    ("desk_licence_application", "good", SHOWN, {}),
    ("desk_licence_application", "saved", f"{SHOWN}?done=return", {}),
    ("desk_licence_application", "emptied", SHOWN, {"changed": EMPTIED}),
    ("desk_licence_application", "missing", f"{DESK}/applications/{MISSING}", {}),
    ("desk_licence_application", "away", SHOWN, {"changed": AWAY}),
    ("desk_licence_application_file", "missing", f"{SHOWN}/files/{MISSING}", {}),
    *(
        ("desk_licence_application_action", name.replace("_", "-"), f"{SHOWN}/actions/{name}", {})
        for name in ("approve", "return", "order_inspection", "verify_permit", "verify_person")
    ),
    ("desk_licence_application_action", "unknown", f"{SHOWN}/actions/delete", {}),
    ("desk_licence_application_action_entry", "good", RETURN, RETURNED),
    ("desk_licence_application_action_entry", "away", RETURN, {**RETURNED, "meanwhile": AWAY}),
    (
        "desk_licence_application_action_entry", "incomplete", f"{SHOWN}/actions/approve",
        {"act": send(reason="مستوفى"), "meanwhile": INCOMPLETE, "is_error": True},
    ),
    ("desk_licence", "good", HELD, {}),
    ("desk_licence", "missing", HELD, {"changed": NO_LICENCE}),
    ("desk_licence_document", "missing", f"{HELD}/document", {}),
    ("desk_licence_action", "suspend", SUSPEND, {}),
    ("desk_licence_action", "correct", f"{HELD}/actions/correct", {}),
    ("desk_licence_action", "unknown", f"{HELD}/actions/delete", {}),
    ("desk_licence_action_entry", "good", SUSPEND, STOPPED),
    (
        "desk_licence_action_entry", "fault", SUSPEND,
        {**STOPPED, "meanwhile": {f"{LICENCE}/suspend": fault("reason")}, "is_error": True},
    ),
    ("desk_violations", "good", QUEUE, {}),
    ("desk_violations", "nothing", f"{QUEUE}?view=paid", {"changed": NOTHING}),
    ("desk_violations", "away", QUEUE, {"changed": AWAY}),
    ("desk_violation", "good", SEEN, {}),
    ("desk_violation", "judged", SEEN, {"changed": JUDGED}),
    ("desk_violation", "missing", f"{QUEUE}/{MISSING}", {}),
    ("desk_violation_file", "missing", f"{SEEN}/files/{MISSING}", {}),
    ("desk_violation_action", "decide", DECIDE, {}),
    ("desk_violation_action", "close-place", f"{SEEN}/actions/close_place", {}),
    ("desk_violation_action", "no-permission", f"{SEEN}/actions/confirm", {}),
    ("desk_violation_action_entry", "good", DECIDE, DECIDED),
    ("desk_violation_action_entry", "away", DECIDE, {**DECIDED, "meanwhile": AWAY}),
    (
        "desk_violation_action_entry", "fault", DECIDE,
        {**DECIDED, "meanwhile": {f"{VIOLATION}/decide": fault("outcome")}, "is_error": True},
    ),
)  # fmt: skip
OF_INSPECTOR = (
    ("inspections", "good", FIELD, {}),
    ("inspections", "failed", f"{FIELD}?view=failed&cursor=c1", {}),
    ("inspections", "nothing", FIELD, {"changed": NOTHING}),
    ("inspections", "away", FIELD, {"changed": AWAY}),
    ("inspection", "good", OUT, {}),
    ("inspection", "recorded", f"{OUT}?done=record", {}),
    ("inspection", "missing", f"{FIELD}/visits/{MISSING}", {}),
    ("inspection_action", "record", RESULT, {}),
    ("inspection_action", "unknown", f"{OUT}/actions/delete", {}),
    ("inspection_action_entry", "good", RESULT, {"act": pass_visit}),
    ("inspection_action_entry", "away", RESULT, {"act": pass_visit, "meanwhile": AWAY}),
    (
        "inspection_action_entry", "fault", RESULT,
        {"act": pass_visit, "meanwhile": {f"{VISIT}/result": fault("inspected_on")}, "is_error": True},
    ),
    ("inspection_shops", "good", SHOPS, {}),
    ("inspection_shop_entry", "good", SHOPS, {"act": send(number=NUMBER)}),
    ("inspection_shop_entry", "person", SHOPS, {"act": send(number="1000000008"), "is_error": True}),
    (
        "inspection_shop_entry", "unknown", SHOPS,
        {"act": send(number=NUMBER), "meanwhile": NO_LICENCE, "is_error": True},
    ),
    (
        "inspection_shop_entry", "cancelled-code", SHOPS,
        {"act": send(number="https://x.example/documents/b5YZ#AdSB"), "is_error": True},
    ),
    (
        "inspection_shop_entry", "good-code", SHOPS,
        {"act": send(number="https://x.example/documents/b5YZ#AdSB"), "meanwhile": GOOD_CODE},
    ),
    ("inspection_shop_entry", "away", SHOPS, {"act": send(number=NUMBER), "meanwhile": AWAY}),
    ("inspection_violation", "shop", OF_LICENCE, {}),
    ("inspection_violation", "person", NEW, {}),
    ("inspection_violation", "missing", f"{NEW}?licence_no=x", {}),
    ("inspection_violation_entry", "good", OF_LICENCE, {"act": record}),
    ("inspection_violation_entry", "away", OF_LICENCE, {"act": record, "meanwhile": AWAY}),
    (
        "inspection_violation_entry", "file", OF_LICENCE,
        {"act": attach, "meanwhile": BAD_FILE, "is_error": True},
    ),
    (
        "inspection_violation_entry", "fault", OF_LICENCE,
        {"act": record, "meanwhile": {VIOLATIONS: fault("offender.size")}, "is_error": True},
    ),
)  # fmt: skip
APPROVE_RULES = f"{RULE_PAGE}/actions/approve?digest={example('RuleApproval')['digest']}"
NEW_RULES = f"{RULE_PAGES}/new"
(_ENTRY,) = example("History")["items"]
_DIFFERENCES = example("RuleVersionDetails")["differences"]
PROPOSED = {
    "action": "propose",
    "action_title": {"ar": "الاقتراح", "en": "Proposal"},
    "name": "بيانات تجريبية",
    "details": {
        "effective_from": "2027-01-01",
        "compared_with": "2026.1",
        "change_count": 1,
        "changes": _DIFFERENCES,
    },
}
CHANGED = {f"{RULE}/history": (200, {"items": [{**_ENTRY, **PROPOSED}]})}
RUNNING = {
    RULE: (
        200,
        example(
            "RuleVersionDetails",
            actions=["replay", "withdraw"],
            replay={
                **example("RuleVersionDetails")["replay"],
                "finished_at": None, "outcomes": [], "days": [], "changes": [],
            },
        ),
    )
}  # fmt: skip
OF_MANAGER = (
    ("desk_rules", "good", RULE_PAGES, {}),
    ("desk_rules", "away", RULE_PAGES, {"changed": {RULES: (503, {})}}),
    ("desk_rules_new", "good", NEW_RULES, {}),
    ("desk_rules_new", "lost-file", f"{NEW_RULES}?lost=file", {}),
    ("desk_rules_entry", "good", NEW_RULES, {"act": send_rules}),
    (
        "desk_rules_entry", "fault", NEW_RULES,
        {"act": send_rules, "meanwhile": {RULES: fault("file")}, "is_error": True},
    ),
    ("desk_rule", "good", RULE_PAGE, {}),
    ("desk_rule", "replay-runs", f"{RULE_PAGE}?done=replay", {"changed": RUNNING}),
    ("desk_rule", "proposed", RULE_PAGE, {"changed": CHANGED}),
    ("desk_rule", "missing", f"{RULE_PAGES}/1000000008", {}),
    ("desk_rule_tables", "good", f"{RULE_PAGE}/tables?done=fee", {}),
    ("desk_rule_tables", "missing", f"{RULE_PAGES}/1000000008/tables", {}),
    ("desk_rule_fee", "good", FEE, {}),
    ("desk_rule_fee", "missing", f"{RULE_PAGE}/fees/none", {}),
    ("desk_rule_fee_entry", "good", FEE, {"act": send(amount="400.00")}),
    (
        "desk_rule_fee_entry", "fault", FEE,
        {"act": send(amount="x"), "changed": {f"{RULE}/fees": fault("amount")}, "is_error": True},
    ),
    ("desk_rule_file", "missing", f"{RULE_PAGES}/2027.9/file", {}),
    ("desk_rule_action", "good", APPROVE_RULES, {}),
    ("desk_rule_action", "replay", f"{RULE_PAGE}/actions/replay", {}),
    ("desk_rule_action", "unknown", f"{RULE_PAGE}/actions/delete", {}),
    ("desk_rule_action_entry", "good", APPROVE_RULES, {"act": send()}),
    (
        "desk_rule_action_entry", "own", APPROVE_RULES,
        {
            "act": send(),
            "meanwhile": {f"{RULE}/approve": (409, {"type": "…/rules-own", "title": "يعتمدها شخص آخر"})},
            "is_error": True,
        },
    ),
)  # fmt: skip
LICENCE_DESK_WALKS = tuple(
    Walk(page, state, address, **{"task": task, **more})
    for task, walks in ((OFFICE, OF_OFFICER), (INSPECTION, OF_INSPECTOR), (RULING, OF_MANAGER))
    for page, state, address, more in walks
)
