"""The titles of fields, as the history tells what changed."""

from collections.abc import Mapping
from typing import Any

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
# Codes that the history would tell in Arabic texts.
WORDS = {
    "north": "شمال",
    "south": "جنوب",
    "east": "شرق",
    "west": "غرب",
    "north_east": "شمال شرق",
    "north_west": "شمال غرب",
    "south_east": "جنوب شرق",
    "south_west": "جنوب غرب",
}
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
    "papers_missing": ("مستندات لم تُسلَّم", "Papers that were not handed in"),
    "request_number": ("رقم الطلب", "Request number"),
    "transaction_number": ("رقم القيد", "Transaction number"),
    "municipality": ("البلدية", "Municipality"),
    "kind": ("نوع الرخصة", "Kind"),
    "status": ("الحالة", "Status"),
    "previous_permit_id": ("الرخصة السابقة", "Previous permit"),
    "use_class": ("الاستعمال", "Class of use"),
    "insulation_pledge": ("تعهد العزل", "Insulation pledge"),
    "construction_state": ("حالة البناء", "Construction state"),
    "representative": ("الوكيل", "Representative"),
    "engineering_office.name": ("المكتب الهندسي", "Engineering office"),
    "engineering_office.licence_number": ("رقم ترخيص المكتب", "Licence number of the office"),
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
    """In Arabic and English; of an owner's field with his place in the list, from 1."""
    if path.startswith("owners."):
        _, place, name = path.split(".", 2)
        ar, en = TITLES[name]
        return f"{ar} ({int(place) + 1})", f"{en} ({int(place) + 1})"
    return TITLES.get(path, (path, path))


def text_of(value: Any) -> str | None:
    """A value as people read it; None for nothing, and for a name, which isn't kept."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "نعم" if value else "لا"
    if isinstance(value, list):
        return "، ".join(filter(None, map(text_of, value))) or None
    if isinstance(value, Mapping):
        return " ".join(filter(None, map(text_of, value.values()))) or None
    return WORDS.get(value, value) if isinstance(value, str) else str(value)
