"""The titles of fields and the words of their values, as the history tells what changed."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from permits.domain import release_course
from permits.domain.documents import USE_CLASS_TITLES
from permits.domain.land import DEED_TITLES
from permits.domain.owners import CAPACITIES, ID_TITLES, OWNER_TITLES
from permits.domain.permits import KINDS
from permits.domain.succession import CONSTRUCTION_TITLES
from saudi.bidi import isolate
from saudi.days import both_calendars

_SIDES = {
    "north": ("الشمالي", "Northern"),
    "south": ("الجنوبي", "Southern"),
    "east": ("الشرقي", "Eastern"),
    "west": ("الغربي", "Western"),
}
_BOUNDARY = {
    "description": ("الحد {}", "{} boundary"),
    "length_m": ("طول الحد {}", "{} boundary, length"),
    "street_width_m": ("عرض الشارع {}", "{} street, width"),
    "setback_m": ("الارتداد {}", "{} setback"),
}
_SIDE_WORDS = {"north": "شمال", "south": "جنوب", "east": "شرق", "west": "غرب"}
_CORNER_WORDS = {
    f"{one}_{other}": f"{_SIDE_WORDS[one]} {_SIDE_WORDS[other]}"
    for one in ("north", "south")
    for other in ("east", "west")
}
WORDS = {**_SIDE_WORDS, **_CORNER_WORDS}  # of sides and corners
# Why a certificate or a release is flagged.
FLAG_TITLES = {
    "insulation-revoked": ("سُحبت شهادة العزل الحراري", "The insulation certificate was revoked"),
    "insulation-voided": ("أُلغيت شهادة العزل الحراري", "The insulation certificate was voided"),
    "insulation-missing": ("لا توجد شهادة عزل حراري", "There is no insulation certificate"),
    "insulation-pending": ("شهادة العزل الحراري قيد المعاينة", "The insulation is being inspected"),
    "insulation-rejected": ("رُفضت شهادة العزل الحراري", "The insulation certificate was rejected"),
    "insulation-expired": ("انتهت شهادة العزل الحراري", "The insulation certificate has expired"),
    "completion-revoked": ("سُحبت شهادة إتمام البناء", "The completion certificate was revoked"),
    "occupancy-missing": (
        "لا توجد شهادة إشغال سارية",
        "There is no occupancy certificate in force",
    ),
    "works-without-building": ("أعمال الرخصة لا تنشئ مبنى", "The works leave no building"),
    "permit-cancelled": ("أُلغيت الرخصة", "The permit was cancelled"),
    "permit-replaced": ("حلت رخصة لاحقة محل الرخصة", "A later permit took the place of the permit"),
    "no-rule": ("لا حكم لهذا اليوم في جدول الإطلاق", "No rule of release covers this day"),
}
# The values of these fields are codes; people read words. By the last name of the field's path.
_WORDS: Mapping[str, Mapping[str, str]] = {
    "front": _SIDE_WORDS,
    "corner": _CORNER_WORDS,
    "kind": {kind.value: rule.ar for kind, rule in KINDS.items()},
    "use_class": {code: ar for code, (ar, _) in USE_CLASS_TITLES.items()},
    "construction_state": {state.value: ar for state, ar in CONSTRUCTION_TITLES.items()},
    "representative": {code: ar for code, (ar, _) in CAPACITIES.items()},
    "owner_type": OWNER_TITLES,
    "id_type": {**ID_TITLES, "none": "بلا رقم"},
    "type": DEED_TITLES,
    "status": {status.value: ar for status, (ar, _) in release_course.STATUS_TITLES.items()},
    "flag_reason": {code: ar for code, (ar, _) in FLAG_TITLES.items()},
}
_DAYS = frozenset(("decided_on", "approved_on", "due_on"))
_MASKED = frozenset(("id_number", "mobile"))
TITLES = {
    **{
        f"site.boundaries.{side}.{name}": (ar.format(side_ar), en.format(side_en))
        for side, (side_ar, side_en) in _SIDES.items()
        for name, (ar, en) in _BOUNDARY.items()
    },
    "site.front": ("الواجهة", "Front"),
    "site.corner_cuts": ("الشطفات", "Cut corners"),
    "site.area_by_nature_m2": ("المساحة حسب الطبيعة", "Area as surveyed"),
    "site.use_symbol": ("رمز الاستعمال", "Use symbol"),
    "site.survey_decision.number": ("رقم القرار المساحي", "Survey decision"),
    "site.survey_decision.decided_on": ("تاريخ القرار المساحي", "Date of the survey decision"),
    "clearances.insurance_policy_number": ("رقم وثيقة التأمين", "Insurance policy"),
    "clearances.civil_defence.number": ("رقم موافقة الدفاع المدني", "Civil Defence's approval"),
    "clearances.civil_defence.approved_on": (
        "تاريخ موافقة الدفاع المدني",
        "Date of Civil Defence's approval",
    ),
    "source.file": ("صورة المستند المصدر", "Scan of the source document"),
    "appeal.file": ("ملف مرفق بالاعتراض", "File of the appeal"),
    "remarks": ("ملاحظات الرخصة", "Remarks"),
    "fee.amount": ("الرسم بالريال", "Fee in riyals"),
    "proposal.amount": ("المبلغ المقترح بالريال", "Proposed amount in riyals"),
    "invoice.amount": ("مبلغ الفاتورة بالريال", "Bill in riyals"),
    "invoice.due_on": ("آخر يوم للسداد", "Last day to pay"),
    "payment.amount": ("المبلغ المسدد بالريال", "Paid in riyals"),
    "held.amount": (
        "المبلغ المحفوظ للطلب المصحح بالريال",
        "Held for the corrected request, in riyals",
    ),
    "refund.amount": ("المبلغ المطلوب رده بالريال", "To be given back, in riyals"),
    "suspension": ("الإيقاف", "Suspension"),
    "verified": ("المطابقة بالمصدر", "Verified against its source"),
    "despite": ("رخص موقوفة أو ملغاة على القطعة", "Stopped permits on the plot"),
    "papers_missing": ("مستندات لم تُسلَّم", "Papers that were not handed in"),
    "request_number": ("رقم الطلب", "Request number"),
    "transaction_number": ("رقم القيد", "Transaction number"),
    "municipality": ("البلدية", "Municipality"),
    "kind": ("نوع الرخصة", "Kind"),
    "status": ("الحالة", "Status"),
    "flag_reason": ("سبب الإشارة", "Why it is flagged"),
    "previous_permit_id": ("الرخصة السابقة", "Previous permit"),
    "use_class": ("الاستعمال", "Class of use"),
    "insulation_pledge": ("تعهد العزل", "Insulation pledge"),
    "construction_state": ("حالة البناء", "Construction state"),
    "representative": ("الوكيل", "Representative"),
    "engineering_office.name": ("المكتب الهندسي", "Engineering office"),
    "engineering_office.licence_number": ("رقم ترخيص المكتب", "Licence number of the office"),
    "engineering_office.classification": ("تصنيف المكتب", "Classification of the office"),
    "contractor.classification": ("تصنيف المقاول", "Classification of the contractor"),
    "supervising_office.classification": ("تصنيف المشرف", "Classification of the supervisor"),
    "contractor.name": ("المقاول", "Contractor"),
    "contractor.licence_number": ("رقم ترخيص المقاول", "Licence number of the contractor"),
    "contractor": ("المقاول", "Contractor"),
    "supervising_office.name": ("المكتب المشرف", "Supervising office"),
    "supervising_office.licence_number": ("رقم ترخيص المشرف", "Licence number of the supervisor"),
    "supervising_office": ("المكتب المشرف", "Supervising office"),
    "land.plan_number": ("رقم المخطط", "Plan number"),
    "land.block": ("البلك", "Block"),
    "land.plots": ("القطع", "Plots"),
    "land.town": ("البلدة", "Town"),
    "land.district": ("الحي", "District"),
    "land.district_reason": ("سبب كتابة حي غير مدرج", "Why a district that isn't listed"),
    "land.street": ("الشارع", "Street"),
    "land.deed": ("الصك", "Deed"),
    "land.area_m2": ("مساحة الأرض", "Area of the land"),
    "land.latitude": ("خط العرض", "Latitude"),
    "land.longitude": ("خط الطول", "Longitude"),
    "building.description": ("وصف المبنى", "Description"),
    "building.components": ("المكونات", "Components"),
    "building.built_area_m2": ("مسطحات البناء", "Built area"),
    "building.floors": ("الأدوار", "Floors"),
    "building.units": ("الوحدات", "Units"),
    "building.height_m": ("الارتفاع", "Height"),
    "building.coverage_percent": ("نسبة البناء", "Coverage"),
    "building.fence_length_m": ("طول السور", "Length of the fence"),
    "owners": ("عدد الملاك", "Number of owners"),
    "name": ("اسم المالك", "Owner's name"),
    "owner_type": ("نوع المالك", "Kind of owner"),
    "id_type": ("نوع الهوية", "Kind of identity"),
    "id_number": ("رقم الهوية", "Identity number"),
    "share": ("الحصة", "Share"),
    "mobile": ("الجوال", "Mobile"),
}


def title_of(path: str) -> tuple[str, str]:
    """Returns the title of a field in Arabic and English; an owner's field with the owner's place in the list, from
    1."""
    if path.startswith("owners."):
        _, place, name = path.split(".", 2)
        ar, en = TITLES[name]
        return f"{ar} ({int(place) + 1})", f"{en} ({int(place) + 1})"
    return TITLES.get(path, (path, path))


_PARTS = {
    "land": ("الأرض", "the land"),
    "building": ("المبنى", "the building"),
    "owners": ("الملاك", "the owners"),
    "construction_state": ("حالة البناء", "the construction state"),
}


def part_title(path: str) -> tuple[str, str]:
    """Returns the title of a part of an application, or of a field in a part, in Arabic and English."""
    return _PARTS.get(path) or title_of(path)


def has_title(path: str) -> bool:
    """Returns whether the history shows changes of the field. Papers have titles of their own."""
    return path in TITLES or path.startswith(("owners.", "papers."))


def flag_title(reason: str) -> tuple[str, str]:
    """Returns why something is flagged, in Arabic and English."""
    return FLAG_TITLES.get(reason, (reason, reason))


def note_of(action: str, note: str | None) -> str | None:
    """Returns a note as people read it. The note of a flag is the code of its reason."""
    return flag_title(note)[0] if action == "flag" and note else note


def text_of(path: str, value: Any) -> str | None:
    """Returns a value as people read it; None for nothing, and for a name, which isn't kept."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "نعم" if value else "لا"
    if isinstance(value, list):
        return "، ".join(filter(None, (text_of(path, one) for one in value))) or None
    if isinstance(value, Mapping):
        return " ".join(filter(None, (text_of(*one) for one in value.items()))) or None
    return _of_text(path.rpartition(".")[2], value) if isinstance(value, str) else str(value)


def _of_text(name: str, text: str) -> str:
    if name in _DAYS:
        return _day(date.fromisoformat(text))
    if name == "date_hijri":
        return f"{text}هـ"
    return isolate(text) if name in _MASKED else _WORDS.get(name, {}).get(text, text)


def _day(day: date) -> str:
    gregorian, hijri = f"{day:%Y/%m/%d}م", both_calendars(day).hijri
    return f"{hijri}هـ الموافق {gregorian}" if hijri else gregorian
