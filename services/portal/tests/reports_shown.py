"""Reports as the service answers them, for the tests of the desk."""

from typing import Any

from portal.outside.services import FileReply, Reply

REPORT_ID = "0195ff10-4d00-7b22-9d3f-000000000001"
OTHER_ID = "0195ff10-4d00-7b22-9d3f-000000000002"
PHOTO_ID = "0195ff10-4d00-7b22-9d3f-0000000000b1"
REPORT = f"/v1/reports/{REPORT_ID}"
MARK = "(بيانات تجريبية)"


def words(ar: str, en: str) -> dict[str, str]:
    return {"ar": ar, "en": en}


def report(**changes: Any) -> dict[str, Any]:
    """Returns a report that a department has, as a report officer sees it."""
    return {
        "report_id": REPORT_ID, "report_number": "1448104233", "channel": "call",
        "category": "pothole", "category_title": words("حفرة", "Pothole"), "department": "roads",
        "municipality": "saihat", "branch_guessed": False,
        "status": "assigned", "status_title": words("محال", "Referred"), "priority": "normal", "public": True,
        "filed_at": "2026-11-25T08:00:00Z", "filed_on": "2026-11-25", "filed_on_hijri": "1448/06/15",
        "due_at": "2200-12-06T11:30:00Z", "due_on": "2200-12-06", "due_on_hijri": "1500/01/01",
        "clock": {"kind": "working", "paused_since": None, "paused_for": 0, "escalation_level": 0},
        "resolved_at": None, "closed_at": None, "reopenable_until": None, "reopen_count": 0, "satisfaction": None,
        "duplicate_of": None, "main_number": None, "town": "سيهات", "district": "النسيم",
        "updated_at": "2026-11-25T08:00:00Z",
        "location": {
            "town": "سيهات", "district": "النسيم", "landmark": "أمام مدرسة 3-5", "latitude": 26.4834,
            "longitude": 50.0468,
        },
        "description": f"حفرة عميقة {MARK}", "extra": {}, "district_listed": True,
        "reporter": {
            "name": "ع. آ.", "mobile": "+966******001", "callback": None, "mobile_confirmed": True, "language": "ar",
        },
        "treatment": {
            "assignee": None, "question": None, "external": None, "resolution": None, "reason": None,
        },
        "work_order": None, "duty_officer_told": None, "closes_for_good": False, "answered": False,
        "text_withheld": False, "words_waiting": True,
        "actions": ["refer", "return", "start", "ask", "link_external", "resolve", "reject", "mark_duplicate"],
        "version": 7,
        **changes,
    }  # fmt: skip


def page(*rows: dict[str, Any], cursor: str | None = None, **counts: int) -> dict[str, Any]:
    """Returns a page of reports."""
    return {"items": list(rows), "next_cursor": cursor, "counts": counts}


def report_replies(**changes: Any) -> dict[str, Any]:
    """Returns what a service that is well answers, by path."""
    entry = {
        "at": "2026-11-25T08:00:00Z", "action": "refer", "action_title": words("إحالة", "Referred"), "version": 2,
        "note": "حسب الاختصاص", "details": {"department": "roads"}, "subject": "p_1", "name": f"موظف {MARK}",
        "client_id": "qatif-desk", "organisation": "qatif",
    }  # fmt: skip
    remark = {
        "remark_id": 7, "kind": "note", "text": "الموقع خلف المدرسة", "public": False,
        "at": "2026-11-25T09:00:00Z", "subject": "p_1", "name": f"موظف {MARK}",
    }  # fmt: skip
    photo = {
        "attachment_id": PHOTO_ID, "kind": "before", "media_type": "image/jpeg", "size": 3, "width": 4, "height": 3,
        "name": "حفرة.jpg", "added_at": "2026-11-25T08:00:00Z", "released_at": None,
    }  # fmt: skip
    near = {**report(report_id=OTHER_ID, report_number="1448104200"), "metres": 120}
    shown = report(**changes)
    return {
        "/v1/reports": Reply(200, page(shown)),
        "/v1/report-searches": Reply(200, page(shown)),
        REPORT: Reply(200, shown),
        f"{REPORT}/history": Reply(200, {"items": [entry]}),
        f"{REPORT}/remarks": Reply(200, {"items": [remark]}),
        f"{REPORT}/photos": Reply(200, {"items": [photo]}),
        f"{REPORT}/photos/{PHOTO_ID}": FileReply(b"jpg", "image/jpeg"),
        f"{REPORT}/possible-duplicates": Reply(200, {"items": [near], "alike": []}),
    }
