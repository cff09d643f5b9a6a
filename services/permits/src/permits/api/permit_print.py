"""The printed document of a permit: what a paper permit shows, Arabic first, English beside it."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from documents.papers import Paper, Row, Section, code_row, day_row, text_row
from permits.api.certificate_print import issuer
from permits.domain.documents import USE_CLASS_TITLES
from permits.domain.fields import WORDS
from permits.domain.land import DEED_TITLES, SIDES
from permits.domain.older import Origin
from permits.domain.owners import CAPACITIES, ID_TITLES, OWNER_TITLES
from permits.domain.permits import EXPIRED, KINDS, STATUS_TITLES, Kind, Status, effective_status
from saudi.bilingual import Bilingual
from saudi.days import both_calendars
from saudi.money import riyal_words

Content = Mapping[str, Any]


TITLES = {
    Origin.SYSTEM: Bilingual("رخصة بناء", "Building permit"),
    Origin.BALADY: Bilingual("رخصة بناء صادرة من منصة بلدي", "Building permit issued on Balady"),
    Origin.PAPER: Bilingual("رخصة بناء ورقية سابقة", "Earlier building permit on paper"),
}

NOTE = Bilingual(
    "تسري الرخصة للأعمال والموقع المبينين وحدهما حتى تاريخ انتهائها، وتُجدد قبله إذا لم تكتمل الأعمال.",
    "The permit is for the works and the place shown, until its expiry. Renew it before if they go on.",
)

_EXPIRED = Bilingual(
    "نسخة من رخصة منتهية: لا تجيز عملًا، وتُجدد قبل استئناف الأعمال.",
    "Copy of an expired permit: it permits no works. Renew it before they go on.",
)

_NO_SITE = Bilingual(
    "لم تُدوَّن الحدود والأطوال والارتدادات؛ تُقرأ في المخططات المعتمدة.",
    "Boundaries, lengths and setbacks are not known to us. See the approved plans.",
)

_OLDER = Bilingual(
    "صدرت الرخصة قبل النظام، وأُدخلت بياناتها من أصلها وتحقق منها موظف آخر بمطابقتها به.",
    "The permit was issued before this system. It was entered from its source, and checked by another person.",
)
_COMPONENTS = {
    "قبو": "Basement",
    "أرضي": "Ground floor",
    "أول": "First floor",
    "متكرر": "Typical floor",
    "ملحق علوي": "Upper annex",
    "ملحق أرضي": "Ground annex",
    "سور": "Fence",
    "غرفة كهرباء": "Electricity room",
    "غرفة سائق": "Driver's room",
    "مواقف": "Parking",
    "مسبح": "Pool",
}


def permit_paper_of(content: Content, made_at: datetime, *, today: date) -> Paper:
    """Returns the paper of a permit's document as it is printed today. The copy of an expired permit says so."""
    origin = Origin(content["origin"])
    status = effective_status(Status.VALID, date.fromisoformat(content["expires_on"]), today)
    return Paper(
        issuer=issuer(content["municipality"]),
        title=TITLES[origin],
        number=content["permit_number"],
        state=Bilingual(*STATUS_TITLES[status]),
        sections=[
            Section(Bilingual("الرخصة", "Permit"), list(_permit(content))),
            Section(Bilingual("المالك", "Owner"), list(_owners(content))),
            Section(Bilingual("الأرض", "Land"), list(_land(content["land"]))),
            *site_sections(content["site"]),
            Section(Bilingual("المبنى", "Building"), list(_building(content))),
            Section(
                Bilingual("المصممون والمنفذون", "Who designs and builds"), list(_builders(content))
            ),
            *clearance_sections(content["clearances"], content["remarks"]),
            *_fee(content["fee"]),
        ],
        notes=tuple(_notes(content, origin, expired=status == EXPIRED)),
        made_at=made_at,
    )


def _notes(content: Content, origin: Origin, *, expired: bool) -> Iterator[Bilingual]:
    yield _EXPIRED if expired else NOTE
    site = content["site"]
    if site is None or not any(site["boundaries"].values()):
        yield _NO_SITE
    if origin is not Origin.SYSTEM:
        yield _OLDER


def _permit(content: Content) -> Iterator[Row]:
    kind, works = KINDS[Kind(content["kind"])], KINDS[Kind(content["works"])]
    yield text_row(Bilingual("نوع الرخصة", "Kind"), f"{kind.ar} · {kind.en}")
    if works is not kind:
        yield text_row(Bilingual("الأعمال", "Works"), f"{works.ar} · {works.en}")
    yield day_row(Bilingual("تاريخ الإصدار", "Issued on"), date.fromisoformat(content["issued_on"]))
    yield day_row(
        Bilingual("تاريخ الانتهاء", "Expires on"), date.fromisoformat(content["expires_on"])
    )
    yield from _text("رقم الطلب في بلدي", "Balady request", content["request_number"])
    yield from _text("رقم القيد", "Transaction", content["transaction_number"])
    if before := content["predecessor"]:
        yield text_row(Bilingual("الرخصة السابقة", "Previous permit"), before["permit_number"])
    if source := content["source"]:
        yield text_row(Bilingual("الأصل", "Source"), source["reference"])


def _owners(content: Content) -> Iterator[Row]:
    owners = content["owners"]
    for place, owner in enumerate(owners, start=1):
        counted = f" {place}" if len(owners) > 1 else ""
        told = (
            OWNER_TITLES[owner["owner_type"]] if owner["owner_type"] != "individual" else None,
            f"{ID_TITLES[owner['id_type']]} {owner['id_number']}" if owner["id_number"] else None,
            f"الحصة {owner['share']}" if owner["share"] else None,
        )
        texts = filter(None, (owner["name"], " · ".join(filter(None, told))))
        yield text_row(Bilingual(f"المالك{counted}", f"Owner{counted}"), *texts)
    if agent := content["representative"]:
        ar, en = CAPACITIES[agent["capacity"]]
        yield text_row(Bilingual(ar, en), agent["name"], _authority(agent))


def _authority(agent: Content) -> str:
    day = agent.get("authorised_on")
    hijri = both_calendars(date.fromisoformat(day)).hijri if day else None
    told = (f"رقم السند {agent['authority_number']}", f"بتاريخ {hijri}هـ" if hijri else None)
    return " · ".join(filter(None, told))


def _land(land: Content) -> Iterator[Row]:
    yield text_row(Bilingual("المخطط", "Plan"), land["plan_number"] or "بدون")
    yield from _text("البلك", "Block", land["block"])
    yield text_row(Bilingual("القطعة", "Plot"), " - ".join(land["plots"] or ()) or "بدون")
    yield text_row(Bilingual("الحي", "District"), f"{land['district']}، {land['town']}")
    yield from _text("الشارع", "Street", land["street"])
    yield text_row(Bilingual("مساحة الأرض", "Area of the land"), square_metres(land["area_m2"]))
    yield from _deed(land["deed"])
    point = f"{land['latitude']:.6f}, {land['longitude']:.6f}"
    yield code_row(Bilingual("الإحداثيات", "Coordinates"), point)


def _deed(deed: Content | None) -> Iterator[Row]:
    if deed is None:
        return
    day, by = deed.get("date_hijri"), deed.get("issuer")
    told = (DEED_TITLES[deed["type"]], f"بتاريخ {day}هـ" if day else None, by)
    yield text_row(Bilingual("الصك", "Deed"), deed["number"], " · ".join(filter(None, told)))


def _building(content: Content) -> Iterator[Row]:
    building = content["building"]
    yield text_row(
        Bilingual("الاستعمال", "Use"), " · ".join(USE_CLASS_TITLES[content["use_class"]])
    )
    yield from _text("الوصف", "Description", building["description"])
    for part in building["components"]:
        name = part["component"]
        yield text_row(Bilingual(name, _COMPONENTS.get(name, "Component")), _component(part))
    yield text_row(
        Bilingual("مسطحات البناء", "Built area"), square_metres(building["built_area_m2"])
    )
    yield code_row(Bilingual("عدد الأدوار", "Floors"), str(building["floors"]))
    yield code_row(Bilingual("عدد الوحدات", "Units"), str(building["units"]))
    yield from _measure("الارتفاع", "Height", building["height_m"], "\N{NO-BREAK SPACE}م")
    yield from _measure("نسبة البناء", "Coverage", building["coverage_percent"], "%")
    yield from _measure(
        "طول السور", "Length of the fence", building["fence_length_m"], "\N{NO-BREAK SPACE}م"
    )
    pledge = "قدم المالك تعهد العزل الحراري" if content["insulation_pledge"] else "لم يقدم"
    yield text_row(Bilingual("تعهد العزل", "Insulation pledge"), pledge)
    yield from _text("شهادة التنسيق", "Coordination", content["coordination"])


def _component(part: Content) -> str:
    told = (
        square_metres(part["area_m2"]) if part["area_m2"] else None,
        f"الوحدات {part['units']}" if part["units"] else None,
        part.get("use"),
    )
    return " · ".join(filter(None, told)) or "بدون مساحة"


def _builders(content: Content) -> Iterator[Row]:
    for name, ar, en in (
        ("engineering_office", "المكتب المصمم", "Design office"),
        ("supervising_office", "المكتب المشرف", "Supervising office"),
        ("contractor", "المقاول", "Contractor"),
    ):
        if one := content[name]:
            licence = f"ترخيص\N{NO-BREAK SPACE}{one['licence_number']}"
            told = (one["name"], licence, one.get("classification"))
            yield text_row(Bilingual(ar, en), " · ".join(filter(None, told)))


def _fee(fee: Content | None) -> Iterator[Section]:
    if fee is None:
        return
    amount = fee["amount_halalas"]
    rows = [
        text_row(Bilingual("المبلغ المسدد", "Amount paid"), riyal_words(amount)),
        day_row(Bilingual("تاريخ السداد", "Paid on"), date.fromisoformat(fee["paid_on"])),
        *_text("رقم الفاتورة", "Bill number", fee["bill_number"]),
        *_text("رقم الإيصال", "Receipt", fee["receipt_number"]),
    ]
    yield Section(Bilingual("الرسوم", "Fee"), rows)


def _text(ar: str, en: str, text: str | None) -> Iterator[Row]:
    if text:
        yield text_row(Bilingual(ar, en), text)


def _measure(ar: str, en: str, size: float | None, unit: str) -> Iterator[Row]:
    if size:
        yield text_row(Bilingual(ar, en), f"{size:g}{unit}")


_SIDES = {
    "north": Bilingual("الحد الشمالي", "North"),
    "south": Bilingual("الحد الجنوبي", "South"),
    "east": Bilingual("الحد الشرقي", "East"),
    "west": Bilingual("الحد الغربي", "West"),
}


def site_sections(site: Content | None) -> Iterator[Section]:
    """Returns boundaries, setbacks and the survey decision; nothing for a permit without a site."""
    if site is not None and (rows := [*_sides(site), *_survey(site)]):
        yield Section(
            Bilingual("الحدود والأطوال والارتدادات", "Boundaries, lengths, setbacks"), rows
        )


def _sides(site: Content) -> Iterator[Row]:
    for side in SIDES:
        if boundary := site["boundaries"][side]:
            told = " · ".join(filter(None, _boundary_parts(boundary, front=site["front"] == side)))
            yield text_row(_SIDES[side], *filter(None, (boundary["description"], told)))
    for cut in site["corner_cuts"]:
        label = Bilingual(f"شطفة {WORDS[cut['corner']]}", "Cut corner")
        yield text_row(label, _metres(cut["length_m"]))


def _boundary_parts(boundary: Content, *, front: bool) -> Iterator[str | None]:
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
            yield _day_of("تاريخ القرار المساحي", "Decided on", day)


def clearance_sections(clearances: Content | None, remarks: str | None) -> Iterator[Section]:
    """Returns the policy, Civil Defence's approval, and the permit's remarks."""
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
            yield _day_of("تاريخ الموافقة", "Approved on", day)


def _day_of(ar: str, en: str, day: str) -> Row:
    return day_row(Bilingual(ar, en), date.fromisoformat(day))


def _metres(size: float) -> str:
    return f"{size:.2f}\N{NO-BREAK SPACE}م"


def square_metres(size: float) -> str:
    """Returns an area as the paper shows it."""
    return f"{size:,.2f}\N{NO-BREAK SPACE}م²"
