"""What a permit's paper shows of its site: a row for each side, as deed and survey decision have it; and what others
gave for the works."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from documents.papers import Row, Section, code_row, day_row, text_row
from permits.domain.fields import WORDS
from permits.domain.site import SIDES
from saudi.bilingual import Bilingual

Content = Mapping[str, Any]

_SIDES = {
    "north": Bilingual("الحد الشمالي", "North"),
    "south": Bilingual("الحد الجنوبي", "South"),
    "east": Bilingual("الحد الشرقي", "East"),
    "west": Bilingual("الحد الغربي", "West"),
}


def site_sections(site: Content | None) -> Iterator[Section]:
    """Boundaries, setbacks and what the survey decision says; nothing for a permit that has none of it."""
    if site is not None and (rows := [*_sides(site), *_survey(site)]):
        yield Section(
            Bilingual("الحدود والأطوال والارتدادات", "Boundaries, lengths, setbacks"), rows
        )


def _sides(site: Content) -> Iterator[Row]:
    for side in SIDES:
        if boundary := site["boundaries"][side]:
            told = " · ".join(filter(None, _told(boundary, front=site["front"] == side)))
            yield text_row(_SIDES[side], *filter(None, (boundary["description"], told)))
    for cut in site["corner_cuts"]:
        label = Bilingual(f"شطفة {WORDS[cut['corner']]}", "Cut corner")
        yield text_row(label, _metres(cut["length_m"]))


def _told(boundary: Content, *, front: bool) -> Iterator[str | None]:
    yield "الواجهة" if front else None
    for name, ar in (
        ("length_m", "الطول"),
        ("street_width_m", "عرض الشارع"),
        ("setback_m", "الارتداد"),
    ):
        size = boundary[name]
        yield f"{ar} {_metres(size)}" if size is not None else None


def _survey(site: Content) -> Iterator[Row]:
    if area := site["area_by_nature_m2"]:
        yield text_row(Bilingual("المساحة حسب الطبيعة", "Area as surveyed"), square_metres(area))
    if symbol := site["use_symbol"]:
        yield text_row(Bilingual("رمز الاستعمال", "Use symbol"), symbol)
    if decision := site["survey_decision"]:
        yield code_row(Bilingual("رقم القرار المساحي", "Survey decision"), decision["number"])
        if day := decision["decided_on"]:
            yield _day("تاريخ القرار المساحي", "Decided on", day)


def clearance_sections(clearances: Content | None, remarks: str | None) -> Iterator[Section]:
    """The policy, Civil Defence's approval, and the permit's remarks."""
    rows = [*_clearances(clearances or {})]
    if remarks:
        rows.append(text_row(Bilingual("ملاحظات", "Remarks"), remarks))
    if rows:
        yield Section(Bilingual("الموافقات والملاحظات", "Approvals and remarks"), rows)


def _clearances(given: Content) -> Iterator[Row]:
    if number := given.get("insurance_policy_number"):
        yield code_row(Bilingual("وثيقة التأمين", "Insurance policy"), number)
    if approval := given.get("civil_defence"):
        yield code_row(Bilingual("موافقة الدفاع المدني", "Civil Defence"), approval["number"])
        if day := approval["approved_on"]:
            yield _day("تاريخ الموافقة", "Approved on", day)


def _day(ar: str, en: str, day: str) -> Row:
    return day_row(Bilingual(ar, en), date.fromisoformat(day))


def _metres(size: float) -> str:
    return f"{size:.2f}\N{NO-BREAK SPACE}م"


def square_metres(size: float) -> str:
    """An area as the paper has it."""
    return f"{size:,.2f}\N{NO-BREAK SPACE}م²"
