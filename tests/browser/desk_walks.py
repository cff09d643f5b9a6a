"""The walks through the pages of the municipality's desk."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

from PIL import Image
from portal_walks import (
    FORM,
    Walk,
    end_session,
    fault,
    outdate_form,
    press,
    press_element,
    send,
    send_after,
    words,
)
from selenium.webdriver.common.by import By

from chassis.core import contracts

REPORTS, BY_MOBILE = "/v1/reports", "/v1/report-searches"
REPORT_ID, PHOTO_ID = "0195ff10-4d00-7b22-9d3f-000000000001", "0195ff10-4d00-7b22-9d3f-0000000000b1"
REPORT, MISSING = f"{REPORTS}/{REPORT_ID}", "0195ff10-4d00-7b22-9d3f-00000000dead"
INBOX, SEARCH = "/desk/reports", "/desk/search"
SHOWN = f"{INBOX}/{REPORT_ID}"
ACTIONS = f"{SHOWN}/actions"
MARK = "(بيانات تجريبية)"
CALL, MONTH = "/desk/calls", "/v1/statistics/monthly"
NOTIFY = contracts.openapi("notify")["components"]["examples"]
TEXTS = NOTIFY["MessagePage"]["value"]
HELD = {"state": "held", "reason": "unconfirmed"}
SAFWA = {
    "municipality_title": words("بلدية صفوى", "Safwa Municipality"),
    "category_title": words("طرق وأرصفة", "Roads and pavements"),
}


def report(**changes: Any) -> dict[str, Any]:
    """Returns a report of which every part is filled."""
    location = {
        "town": "سيهات", "district": "النسيم", "landmark": "أمام مدرسة 3-5", "latitude": 26.4834, "longitude": 50.0468,
    }  # fmt: skip
    reporter = {
        "name": "ع. آ.", "mobile": "+966******001", "callback": None, "mobile_confirmed": True, "language": "ar",
    }  # fmt: skip
    treatment = {
        "assignee": "p_1", "question": "أين العمود 3/4؟", "resolution": "رُدمت الحفرة 3-5 م",
        "reason": "يتكرر 1448/06/14",
        "external": {
            "body": "traffic", "body_title": words("إدارة المرور", "Traffic Department"), "reference": "T-4/7",
        },
    }  # fmt: skip
    return {
        "report_id": REPORT_ID, "report_number": "1448104233", "channel": "call",
        "category": "pothole", "category_title": words("حفرة", "Pothole"), "department": "roads",
        "municipality": "saihat", "branch_guessed": True,
        "status": "assigned", "status_title": words("محال", "Referred"), "priority": "urgent", "public": True,
        "filed_at": "2026-11-25T08:00:00Z", "filed_on": "2026-11-25", "filed_on_hijri": "1448/06/15",
        "due_at": "2026-11-26T11:30:00Z", "due_on": "2026-11-26", "due_on_hijri": "1448/06/16",
        "clock": {"kind": "working", "paused_since": None, "paused_for": 0, "escalation_level": 0},
        "resolved_at": None, "closed_at": None, "reopenable_until": None, "reopen_count": 2, "satisfaction": 4,
        "duplicate_of": None, "main_number": None, "town": "سيهات", "district": "النسيم",
        "updated_at": "2026-11-25T08:00:00Z", "location": location, "reporter": reporter, "treatment": treatment,
        "description": f"حفرة عميقة 3-5 م {MARK}\nاتصلوا بي على 050 000 0001", "extra": {}, "district_listed": True,
        "work_order": {"contractor": "al-amal", "text": "ردم الحفرة 3-5 م"}, "duty_officer_told": False,
        "closes_for_good": False, "answered": False, "text_withheld": False, "words_waiting": True, "version": 7,
        "actions": ["refer", "return", "start", "ask", "link_external", "resolve", "reject", "mark_duplicate"],
        **changes,
    }  # fmt: skip


def month_row(**changes: Any) -> dict[str, Any]:
    """Returns a row of the month table."""
    counts = {
        "received": 1075, "treated": 894, "open": 150, "linked_external": 31, "rejected": 0, "duplicates": 0,
        "overdue": 40,
    }  # fmt: skip
    titles = {"municipality_title": None, "category_title": None}
    return {**counts, **titles, "median_working_hours": 13.5, "share_in_time": 0.912, **changes}


def picture() -> bytes:
    """Returns a small photo."""
    content = BytesIO()
    Image.new("RGB", (640, 480), "#8a7f70").save(content, "JPEG")
    return content.getvalue()


def desk_answers() -> dict[str, tuple[int, Any]]:
    """Returns what a reports service that is well answers, by path."""
    entry = {
        "at": "2026-11-25T08:00:00Z", "action": "refer", "action_title": words("إحالة", "Referred"), "version": 2,
        "note": "حسب الاختصاص 3/4", "details": {"department": "roads"}, "subject": "p_1", "name": f"موظف {MARK}",
        "client_id": "qatif-desk", "organisation": "qatif",
    }  # fmt: skip
    remark = {
        "remark_id": 7, "kind": "note", "text": "خلف المدرسة، 3-5 م", "public": False, "at": "2026-11-25T09:00:00Z",
        "subject": "p_1", "name": f"موظف {MARK}",
    }  # fmt: skip
    photo = {
        "attachment_id": PHOTO_ID, "kind": "before", "media_type": "image/jpeg", "size": 3, "width": 640, "height": 480,
        "name": "حفرة.jpg", "added_at": "2026-11-25T08:00:00Z", "released_at": None,
    }  # fmt: skip
    near = report(report_id=MISSING, report_number="1448104200") | {"metres": 120}
    on_time = {"due_at": "2200-01-01T08:00:00Z", "due_on": "2200-01-01", "priority": "normal"}
    rows = [
        report(),
        report(**on_time, status="in_progress", status_title=words("قيد المعالجة", "In progress")),
        report(
            due_at=None,
            due_on=None,
            status="waiting_reporter",
            department=None,
            town=None,
            district=None,
        ),
    ]
    revealed = {
        "name": f"علي بن حسن {MARK}", "mobile": "+966500000001", "callback": "+97333000000", "mobile_confirmed": True,
        "language": "ar", "id_type": "national_id", "id_number": "1000000016", "email": "a@example.sa",
    }  # fmt: skip
    return {
        REPORTS: (200, {"items": rows, "next_cursor": "c2", "counts": {"open": 1041, "mine": 7}}),
        BY_MOBILE: (200, {"items": rows[:1], "next_cursor": None}),
        REPORT: (200, report()),
        f"{REPORT}/history": (200, {"items": [entry, {**entry, "name": None, "note": None}]}),
        f"{REPORT}/remarks": (200, {"items": [remark]}),
        f"{REPORT}/photos": (200, {"items": [photo]}),
        f"{REPORT}/photos/{PHOTO_ID}": (200, picture()),
        f"{REPORT}/possible-duplicates": (200, {"items": [near], "alike": []}),
        f"{REPORT}/refer": (200, report(version=8)),
        f"{REPORT}/resolve": (200, report(version=8)),
        f"{REPORT}/reveal": (200, revealed),
        "/v1/messages": (200, {**TEXTS, "items": [{**TEXTS["items"][0], **HELD}]}),
        "/v1/message-previews": (200, NOTIFY["MessagePreview"]["value"]),
        MONTH: (200, {"month": "2026-11", "rows": [month_row(), month_row(**SAFWA)]}),
    }


def record_treatment(browser: Any) -> None:
    """Writes what was done, and records it without a photo. The first button of the form attaches a photo."""
    browser.find_element(By.ID, "text").send_keys("رُدمت الحفرة")
    press_element(browser, browser.find_elements(By.CSS_SELECTOR, FORM)[-1])


def choose_and_refer(browser: Any) -> None:
    """Ticks the reports of the list, goes to the page of the referral, and refers them."""
    for box in browser.find_elements(By.NAME, "chosen"):
        box.click()
    press(browser, "form[action='/desk/referrals'] .button")
    press(browser, FORM)


def choose_none(browser: Any) -> None:
    """Goes to the page of the referral without a choice."""
    press(browser, "form[action='/desk/referrals'] .button")


def find(number: str) -> Callable[[Any], None]:
    """Returns the act of searching a number from the head of a page."""
    return send(".find button", find=number)


CHANGED = {
    "type": "urn:qatif:problem/report-changed",
    "title": "تغير البلاغ أثناء عملكم",
    "detail": "غيّره غيركم في 1448/06/14",
}
FASTER = {
    f"{REPORT}/refer": (409, CHANGED),
    REPORT: (200, report(status="rejected", status_title=words("مرفوض", "Rejected"), actions=[])),
}
AWAY = dict.fromkeys((REPORTS, REPORT, f"{REPORT}/refer", BY_MOBILE), (503, {}))
POTHOLE = f"{CALL}?category=pothole"
UNSENT = "الحفرة 3-5 م أمام المدرسة، حسب الاختصاص (بيانات تجريبية)"
CALLER = send(description="حفرة 3-5 م", mobile="0500000001")
FILED = {
    REPORTS: (
        201,
        report(inquiry_code="48210937", earlier_numbers=["1448104200"], district_listed=False),
    )
}
CALL_FAULT = {REPORTS: fault("location.town")}
PHOTO_FAULT = {f"{REPORT}/resolve": fault("after_photos")}
MONTH_FAULT = {MONTH: fault("month")}
INBOX_FAULT = {REPORTS: fault("department")}
DUPLICATE_FAULT = {f"{REPORT}/mark-duplicate": fault("main_report_id")}
UNSEARCHED = {f"{REPORT}/possible-duplicates": (503, {})}
NOTHING = {REPORTS: (200, {"items": [], "next_cursor": None, "counts": {}})}
CLOSED = {
    REPORT: (200, report(status="closed", status_title=words("مغلق", "Closed"), actions=["reopen"]))
}
PLAIN = {
    "reporter": None,
    "description": None,
    "work_order": None,
    "treatment": None,
    "actions": [],
}
HIDDEN = {
    REPORT: (200, report(**PLAIN)),
    **dict.fromkeys((f"{REPORT}/{part}" for part in ("history", "remarks", "photos")), (404, {})),
}
DESK_WALKS = tuple(
    Walk(page, state, address, **{"task": "referral", **more})
    for page, state, address, more in (
        ("desk", "good", "/desk", {"task": None}),
        ("desk", "session-over", INBOX, {"task": None}),
        ("desk", "other-tasks", "/desk?tasks=all", {}),
        ("desk_bills", "other-task", "/desk/payments", {}),
        ("desk_sign_in", "unknown-task", "/desk/sign-in/none", {"task": None}),
        ("desk_signed_in", "foreign-answer", "/desk/signed-in?state=x&code=y", {"task": None}),
        ("desk_sign_out", "no-report", f"{INBOX}/{MISSING}", {}),
        ("desk_reports", "good", INBOX, {}),
        ("desk_reports", "filtered", f"{INBOX}?view=overdue&department=roads&cursor=c1", {}),
        ("desk_reports", "nothing", f"{INBOX}?view=mine", {"changed": NOTHING}),
        ("desk_reports", "away", INBOX, {"changed": AWAY}),
        ("desk_reports", "fault", f"{INBOX}?department=x", {"changed": INBOX_FAULT, "is_error": True}),
        ("desk_search", "good", SEARCH, {}),
        ("desk_search", "gone", f"{SEARCH}?form=none", {}),
        ("desk_search_entry", "good", INBOX, {"act": find("1448104233")}),
        ("desk_search_entry", "mobile", SEARCH, {"act": send(mobile="0500000001")}),
        ("desk_search_entry", "nothing", SEARCH, {"act": send(number="1448104239"), "changed": NOTHING}),
        ("desk_search_entry", "away", SEARCH, {"act": send(mobile="0500000001"), "changed": AWAY}),
        ("desk_search_entry", "fault", SEARCH, {"act": send(number="1000000016"), "is_error": True}),
        ("desk_report", "good", SHOWN, {}),
        ("desk_report", "saved", f"{SHOWN}?done=refer", {}),
        ("desk_report", "closed", SHOWN, {"changed": CLOSED}),
        ("desk_report", "hidden-parts", SHOWN, {"changed": HIDDEN}),
        ("desk_report", "missing", f"{INBOX}/{MISSING}", {}),
        ("desk_report", "away", SHOWN, {"changed": AWAY}),
        ("desk_photo", "missing", f"{SHOWN}/photos/{MISSING}", {}),
        ("desk_referral_choice", "nothing", INBOX, {"act": choose_none}),
        ("desk_referral", "gone", "/desk/referrals/none", {}),
        ("desk_referral_entry", "good", INBOX, {"act": choose_and_refer}),
        ("desk_referral_entry", "away", INBOX, {"act": choose_and_refer, "changed": {f"{REPORT}/refer": (503, {})}}),
        ("desk_call", "good", CALL, {"task": "calls"}),
        ("desk_call", "form", f"{CALL}?category=container-request", {"task": "calls"}),
        ("desk_call", "several-answers", f"{CALL}?category=facade-poor", {"task": "calls"}),
        ("desk_call", "moment", f"{CALL}?category=spoiled-food", {"task": "calls"}),
        ("desk_call", "no-permission", CALL, {}),
        ("desk_call_entry", "good", POTHOLE, {"task": "calls", "act": CALLER, "meanwhile": FILED}),
        ("desk_call_entry", "away", POTHOLE, {"task": "calls", "act": CALLER, "meanwhile": AWAY}),
        (
            "desk_call_entry", "fault", POTHOLE,
            {"task": "calls", "act": CALLER, "meanwhile": CALL_FAULT, "is_error": True},
        ),
        ("desk_statistics", "good", "/desk/statistics?month=2026-11", {"task": "statistics"}),
        ("desk_statistics", "away", "/desk/statistics", {"task": "statistics", "changed": {MONTH: (503, {})}}),
        (
            "desk_statistics", "fault", "/desk/statistics?month=x",
            {"task": "statistics", "changed": MONTH_FAULT, "is_error": True},
        ),
        ("desk_statistics_csv", "no-permission", "/desk/statistics.csv", {}),
        *(
            ("desk_action", name.replace("_", "-"), f"{ACTIONS}/{name}", {})
            for name in ("refer", "start", "resolve", "link_external", "mark_duplicate", "reveal")
        ),
        ("desk_action", "not-now", f"{ACTIONS}/refer", {"changed": CLOSED}),
        ("desk_action", "duplicates-unknown", f"{ACTIONS}/mark_duplicate", {"changed": UNSEARCHED}),
        (
            "desk_action_entry", "duplicate-by-number", f"{ACTIONS}/mark_duplicate",
            {"act": send(main_number="1448104233", note="الحفرة نفسها")},
        ),
        (
            "desk_action_entry", "duplicate-unknown", f"{ACTIONS}/mark_duplicate",
            {"act": send(main_number="1448999999", note="x"), "changed": NOTHING, "is_error": True},
        ),
        ("desk_action", "unknown", f"{ACTIONS}/delete", {}),
        ("desk_action_entry", "good", f"{ACTIONS}/refer", {"act": send(note="حسب الاختصاص")}),
        ("desk_action_entry", "session-over", f"{ACTIONS}/refer", {"act": send_after(end_session, note=UNSENT)}),
        ("desk_action_entry", "other-tab", f"{ACTIONS}/refer", {"act": send_after(outdate_form, note=UNSENT)}),
        ("desk_action_entry", "revealed", f"{ACTIONS}/reveal", {"act": send(reason="معاودة الاتصال")}),
        ("desk_action_entry", "missing", f"{ACTIONS}/close", {"act": send(note="تم")}),
        ("desk_treatment", "good", f"{ACTIONS}/resolve", {"act": record_treatment}),
        (
            "desk_treatment", "fault", f"{ACTIONS}/resolve",
            {"act": record_treatment, "meanwhile": PHOTO_FAULT, "is_error": True},
        ),
        ("desk_action_entry", "slower", f"{ACTIONS}/refer", {"act": send(note="حسب"), "meanwhile": FASTER}),
        ("desk_action_entry", "away", f"{ACTIONS}/refer", {"act": send(note="حسب"), "meanwhile": AWAY}),
        (
            "desk_action_entry", "fault", f"{ACTIONS}/refer",
            {"act": send(note="3/4"), "changed": {f"{REPORT}/refer": fault("department")}, "is_error": True},
        ),
        (
            "desk_action_entry", "duplicate-fault", f"{ACTIONS}/mark_duplicate",
            {"act": send(note="x"), "changed": DUPLICATE_FAULT, "is_error": True},
        ),
    )
)  # fmt: skip
