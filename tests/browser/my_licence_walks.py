"""The walks through a citizen's licences, and through the guide to activities."""

from typing import Any

from portal_walks import Walk, fault, press_unfolded, send

from chassis.core import contracts

EXAMPLES = contracts.openapi("licences")["components"]["examples"]
ID = "0195ff10-4d00-7b22-9d3f-000000000"
APPLICATION_ID, VIOLATION_ID, DRAFT_ID, FILE_ID = f"{ID}101", f"{ID}201", f"{ID}301", f"{ID}0b1"
MISSING_ID, NUMBER = f"{ID}999", "144804000017"
APPLICATIONS, LICENCES = "/v1/my/licence-applications", "/v1/my/licences"
VIOLATIONS, DRAFTS = "/v1/my/violations", "/v1/my/licence-drafts"
APPLICATION, LICENCE = f"{APPLICATIONS}/{APPLICATION_ID}", f"{LICENCES}/{NUMBER}"
VIOLATION, DRAFT = f"{VIOLATIONS}/{VIOLATION_ID}", f"{DRAFTS}/{DRAFT_ID}"
UPLOADS = "/v1/my/licence-attachments"
START, CHECK = "/v1/my/licence-application-start", "/v1/my/licence-application-check"
GUIDE, FEE = "/v1/public/licence-activities", "/v1/public/licence-fee"
MINE, NEW = "/my/licences", "/my/licences/new"
SHOWN, HELD = f"{MINE}/applications/{APPLICATION_ID}", f"{MINE}/held/{NUMBER}"
FORM, SEEN = f"{MINE}/drafts/{DRAFT_ID}", f"{MINE}/violations/{VIOLATION_ID}"
TASK = "my-licences"


def example(name: str, **changes: Any) -> dict[str, Any]:
    """Returns an example of the contract."""
    return {**EXAMPLES[name]["value"], **changes}


def listed(name: str, **more: Any) -> tuple[int, Any]:
    return 200, {"items": [example(name)], "next_cursor": "c2", **more}


def my_licence_answers() -> dict[str, tuple[int, Any]]:
    """Returns what a service `licences` that is well answers, by path."""
    typed = {
        "kind": "shop", "activity-0": "960111", "years": "1", "area_m2": "45.5", "place": "سيهات|الكوثر",
        "establishment-trade_name-ar": "مغسلة الواحة 3-5 (بيانات تجريبية)", "lease-starts_on": "1448/05/21",
        "owner-mobile": "0500000001",
    }  # fmt: skip
    draft = example("LicenceDraft", form={"typed": typed, "again": ""})
    reasons = [{"ar": "صححوا المساحة 3-5 م", "en": None}]
    return {
        APPLICATIONS: listed("Application", **example("Application")),
        APPLICATION: (200, example("Application", reasons=reasons)),
        f"{APPLICATION}/decision": (200, example("Explanation")),
        f"{APPLICATION}/form": (200, example("ApplicationForm")),
        f"{APPLICATION}/files": (200, example("MyFiles")),
        f"{APPLICATION}/bill": (200, example("MyBill")),
        f"{APPLICATION}/correction": (200, example("Application")),
        f"{APPLICATION}/withdraw": (200, example("Application")),
        f"{APPLICATION}/files/{FILE_ID}": (200, b"\xff\xd8\xff"),
        LICENCES: listed("Licence"),
        LICENCE: (200, example("Licence")),
        f"{LICENCE}/renewal": (201, example("Application")),
        f"{LICENCE}/cancellation": (201, example("Application")),
        VIOLATIONS: listed("Violation"),
        VIOLATION: (200, example("Violation")),
        f"{VIOLATION}/files": (200, {"items": []}),
        f"{VIOLATION}/objection": (200, example("Violation")),
        # The list and the keeping of a draft have one path.
        DRAFTS: (200, {**draft, "items": [draft]}),
        DRAFT: (200, draft),
        f"{DRAFT}/files": (200, {"items": []}),
        f"{DRAFT}/files/{FILE_ID}": (200, {}),
        START: (200, example("ApplicationStart")),
        CHECK: (200, {}),
        UPLOADS: (201, example("FileUpload")),
        GUIDE: (200, example("ActivityGuideList")),
        FEE: (200, example("FeeEstimate")),
    }


SEND = "main form .actions .button:not(.second)"
NOTHING = {
    **dict.fromkeys(
        (APPLICATIONS, LICENCES, VIOLATIONS), (200, {"items": [], "next_cursor": None})
    ),
    DRAFTS: (200, {"items": []}),
}
AWAY = dict.fromkeys(
    (
        *(APPLICATIONS, APPLICATION, LICENCES, LICENCE, VIOLATIONS, VIOLATION, DRAFTS, DRAFT, GUIDE, FEE),
        *(f"{APPLICATION}/correction", f"{APPLICATION}/withdraw", f"{LICENCE}/renewal"),
        *(f"{LICENCE}/cancellation", f"{VIOLATION}/objection", UPLOADS),
    ),
    (503, {}),
)  # fmt: skip
UNPAID = {APPLICATION: (200, example("Application", status="awaiting_payment", missing=[]))}
REFUSED = {
    APPLICATION: (
        200,
        example("Application", status="refused", missing=[], actions=["apply_again"]),
    )
}
IN_REVIEW = {
    APPLICATION: (
        200,
        example("Application", status="in_review", missing=[], review_until="2026-12-20"),
    )
}
RENEWABLE = {LICENCE: (200, example("Licence", actions=["renew", "move", "end"]))}
GONE = {DRAFT: (404, {"type": "…/not-found", "title": "x"})}
DECIDED = {
    VIOLATION: (
        200,
        example(
            "Violation", actions=[], status="reduced", paid_at="2026-11-25T08:00:00Z",
            court_case="4471/1448", judgment_reasons="لم يثبت في المحضر 3/4",
            objection={
                "channel": "citizen", "reasons": "كانت سارية في 1448/06/01", "filed_at": "2026-11-20T08:00:00Z",
                "decide_until": "2026-12-20", "decide_until_hijri": "1448/07/11", "overdue": False,
                "outcome": "reduce", "decision_reasons": "صُححت 3/4", "decided_at": "2026-11-25T08:00:00Z",
            },
            refunds=[{
                "amount": "150.00", "bill": None, "status": "refunding",
                "status_title": {"ar": "تقرر رده", "en": "agreed to"},
            }],
        ),
    ),
}  # fmt: skip
LACKING = {CHECK: fault("owner.name")}
SENDING_FAULT = {APPLICATIONS: fault("owner.name")}
FAULTS = {
    "correction": {f"{APPLICATION}/correction": fault("lease.ends_on")},
    "withdrawal": {f"{APPLICATION}/withdraw": fault("reason")},
    "renewal": {f"{LICENCE}/renewal": fault("years")},
    "end": {f"{LICENCE}/cancellation": fault("reason")},
    "objection": {f"{VIOLATION}/objection": fault("reasons")},
    "draft": {DRAFTS: fault("establishment")},
    "step": {CHECK: fault("owner.mobile")},
}


def walk(page: str, state: str, address: str, **more: Any) -> Walk:
    return Walk(page, state, address, **{"task": TASK, **more})


def form_walks(
    page: str, address: str, name: str, changed: Any = None, **typed: str
) -> tuple[Walk, ...]:
    """Returns the walks of a form: shown, sent, refused with a fault, and sent to an absent service."""
    more = {"changed": changed} if changed else {}
    sent = {**more, "act": send(SEND, **typed)}
    return (
        walk(page, "good", address, **more),
        walk(f"{page}_entry", "good", address, **sent),
        walk(f"{page}_entry", "away", address, meanwhile=AWAY, **sent),
        walk(f"{page}_entry", "fault", address, meanwhile=FAULTS[name], is_error=True, **sent),
    )


MY_LICENCE_WALKS = (
    Walk("activities", "good", "/activities", task=None),
    Walk("activities", "fault", "/activities?name=x", task=None, changed={GUIDE: fault("name")}, is_error=True),
    Walk("activities", "away", "/activities", task=None, changed=AWAY),
    Walk("activities", "nothing", "/activities", task=None, changed={GUIDE: (200, {"items": []})}),
    Walk("activity", "good", "/activities/960111?town=سيهات&area_m2=45&years=1", task=None),
    Walk("activity", "fault", "/activities/960111?years=9", task=None, changed={FEE: fault("years")}, is_error=True),
    Walk("activity", "missing", "/activities/000000", task=None),
    walk("my_licences", "good", MINE),
    walk("my_licences", "nothing", f"{MINE}?done=gone", changed=NOTHING),
    walk("my_licences", "away", MINE, changed=AWAY),
    walk("my_licence_application", "good", f"{SHOWN}?done=sent"),
    walk("my_licence_application", "unpaid", SHOWN, changed=UNPAID),
    walk("my_licence_application", "refused", SHOWN, changed=REFUSED),
    walk("my_licence_application", "in-review", SHOWN, changed=IN_REVIEW),
    walk("my_licence_application", "missing", f"{MINE}/applications/{MISSING_ID}"),
    walk("my_licence_application_file", "missing", f"{SHOWN}/files/{MISSING_ID}"),
    *form_walks("my_licence_correction", f"{SHOWN}/correction", "correction"),
    *form_walks("my_licence_withdrawal", f"{SHOWN}/withdrawal", "withdrawal", reason="انتفت الحاجة 3/4"),
    walk("my_licence", "good", HELD),
    walk("my_licence", "renewable", HELD, changed=RENEWABLE),
    walk("my_licence", "missing", f"{MINE}/held/144804000099"),
    walk("my_licence_document", "missing", f"{HELD}/document"),
    walk("my_licence_renewal", "closed", f"{HELD}/renewal"),
    *form_walks("my_licence_renewal", f"{HELD}/renewal", "renewal", changed=RENEWABLE),
    *form_walks("my_licence_end", f"{HELD}/end", "end", reason="انتهى النشاط"),
    *form_walks("my_licence_new", NEW, "draft"),
    walk("my_licence_new", "again", f"{NEW}?again={APPLICATION_ID}"),
    walk("my_licence_new", "move", f"{NEW}?move={NUMBER}"),
    walk("my_licence_draft", "gone", FORM, changed=GONE),
    *form_walks("my_licence_step", f"{FORM}/steps/people", "step"),
    walk("my_licence_step", "fault", f"{FORM}/steps/people?check", changed=LACKING, is_error=True),
    walk("my_licence_map", "good", f"{FORM}/map"),
    walk("my_licence_map_choice", "good", f"{FORM}/map", act=send("#point")),
    walk("my_licence_draft_drop", "good", f"{FORM}/steps/place", act=press_unfolded("form[action$=drop]")),
    walk("my_licence_draft_files", "good", f"{FORM}/files"),
    walk("my_licence_draft_files", "gone", f"{FORM}/files", changed=GONE),
    walk("my_licence_draft_file_removal", "good", f"{FORM}/files", act=send("main form[action$=removal] button")),
    walk("my_licence_files", "nothing", f"{FORM}/files", act=send("main form .button")),
    walk("my_licence_review", "good", f"{FORM}/review"),
    walk("my_licence_review", "missing", f"{FORM}/review", changed=LACKING),
    walk("my_licence_review", "fee-unknown", f"{FORM}/review", changed={FEE: fault("years")}),
    walk("my_licence_sending", "good", f"{FORM}/review", act=send(SEND)),
    walk("my_licence_sending", "away", f"{FORM}/review", act=send(SEND), meanwhile=AWAY),
    walk("my_licence_sending", "fault", f"{FORM}/review", act=send(SEND), meanwhile=SENDING_FAULT, is_error=True),
    walk("my_violation", "good", SEEN),
    walk("my_violation", "decided", SEEN, changed=DECIDED),
    walk("my_violation", "missing", f"{MINE}/violations/{MISSING_ID}"),
    walk("my_violation_file", "missing", f"{SEEN}/files/{MISSING_ID}"),
    *form_walks("my_objection", f"{SEEN}/objection", "objection", reasons="كانت سارية في 1448/06/01"),
)  # fmt: skip
