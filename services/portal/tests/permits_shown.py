"""Permits as the gateway answers them, in each state of the verdict."""

from typing import Any

PERMIT_ID = "01937c5e-8f00-7a11-8c2e-000000001312"
WORDS = {
    "none": {"ar": "لا يُطلق التيار", "en": "No current may be given"},
    "partial": {"ar": "يُطلق التيار جزئيًا", "en": "Partial current may be given"},
    "full": {"ar": "يُطلق التيار كاملًا", "en": "Full current may be given"},
}
APPROVED = ("اعتمدت البلدية إطلاق التيار", "The municipality approved the release")


def words(ar: str, en: str) -> dict[str, str]:
    return {"ar": ar, "en": en}


def verdict(extent: str, *reasons: tuple[str, str]) -> dict[str, Any]:
    """Returns a verdict with its reasons, as (Arabic, English)."""
    shown = [{"code": f"r{at}", "title": words(*one)} for at, one in enumerate(reasons)]
    return {"extent": extent, "title": WORDS[extent], "reasons": shown}


def permit(**changes: Any) -> dict[str, Any]:
    """Returns a permit with insulation, occupancy and release."""
    owner = {
        "name": "مريم بنت حسن آل تجربة (بيانات تجريبية)",
        "owner_type": "individual",
        "id_type": "national_id",
        "id_masked": "10******08",
        "share": None,
    }
    return {
        "permit_id": PERMIT_ID,
        "version": 1,
        "permit_number": "1448/1312",
        "origin": "system",
        "verified": True,
        "status": "valid",
        "status_title": words("سارية", "Valid"),
        "issued_on": "2026-11-24",
        "issued_on_hijri": "1448/06/14",
        "expires_on": "2029-11-24",
        "expires_on_hijri": "1451/07/18",
        "municipality": "central-qatif",
        "use_class": "residential",
        "kind": "new",
        "kind_title": words("إنشاء جديد", "New building"),
        "plan_number": "713/7",
        "block": None,
        "plots": ["215", "216"],
        "town": "القطيف",
        "district": "الخزامى",
        "predecessor": None,
        "successor": {"permit_id": PERMIT_ID, "permit_number": "1448/1400"},
        "owners": [owner],
        "insulation": _insulation(),
        "occupancy": _occupancy(),
        "release": _release(),
        "connection": verdict("partial", APPROVED),
        **changes,
    }


def _insulation() -> dict[str, Any]:
    walls = {"stage": "walls", "title": words("الجدران", "Walls"), "inspected_on": "2026-10-01"}
    roof = {"stage": "roof", "title": words("السقف", "Roof"), "inspected_on": "2026-10-02"}
    passed = {"result": "pass", "result_title": words("مجتاز", "Passed")}
    failed = {"result": "fail", "result_title": words("غير مجتاز", "Failed")}
    return {
        "certificate_id": PERMIT_ID,
        "certificate_number": "1448/9",
        "partner_certificate_number": "SEC-77",
        "reason": None,
        "status": "issued",
        "status_title": words("صادرة", "Issued"),
        "issued_on": "2026-11-01",
        "valid_until": "2027-11-01",
        "stages": [walls | passed, roof | failed | {"defects": ["السماكة 3-5 سم"]}],
    }


def _occupancy() -> dict[str, Any]:
    return {
        "certificate_id": PERMIT_ID,
        "certificate_number": "1448/4",
        "kind": "temporary",
        "kind_title": words("مؤقتة", "Temporary"),
        "status": "issued",
        "status_title": words("صادرة", "Issued"),
        "issued_on": "2026-11-02",
        "valid_until": "2027-05-01",
    }


def _release() -> dict[str, Any]:
    return {
        "release_id": PERMIT_ID,
        "release_number": "1448/6",
        "extent": "full",
        "status": "approved",
        "status_title": words("معتمد", "Approved"),
        "submitted_on": "2026-11-03",
        "approval": {"extent": "partial", "approved_on": "2026-11-04"},
        "supply": {
            "extent": "none",
            "energised_on": None,
            "connected": False,
            "meter_numbers": [],
        },
    }


def page(*items: dict[str, Any], cursor: str | None = None, absence: Any = None) -> dict[str, Any]:
    """Returns a page of permits."""
    return {
        "as_of": "2026-11-24T09:00:00Z",
        "next_cursor": cursor,
        "absence": absence,
        "items": list(items),
    }


def one(item: dict[str, Any]) -> dict[str, Any]:
    """Returns the answer about one permit."""
    return {"as_of": "2026-11-24T09:00:00Z", "item": item}
