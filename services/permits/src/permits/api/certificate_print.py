"""The printed document of a certificate: Arabic first, English beside it."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from documents.papers import Paper, Row, Section, code_row, day_row, text_part, text_row
from permits.catalogue import municipality
from permits.domain import certificates, occupancy, permits
from permits.domain.certificates import STAGE_TITLES, CertificateKind, Stage
from permits.domain.documents import STATE_TITLES, USE_CLASS_TITLES, VALID
from permits.domain.permits import Kind
from saudi.bilingual import Bilingual
from saudi.days import both_calendars

Content = Mapping[str, Any]


TITLES = {kind: Bilingual(*title) for kind, title in certificates.TITLES.items()}

NOTES = {
    CertificateKind.INSULATION: Bilingual(
        "عوين العزل الحراري في الجدران والسقف والنوافذ كما هو مبين. تُسحب الشهادة إذا ظهر خلاف ذلك.",
        "Walls, roof and windows were inspected as shown. The certificate is revoked if it proves otherwise.",
    ),
    CertificateKind.COMPLETION: Bilingual(
        "تثبت هذه الشهادة إتمام البناء وفق الرخصة، وليست شهادة إشغال.",
        "This certifies that the building is complete as permitted. It is no occupancy certificate.",
    ),
    CertificateKind.OCCUPANCY: Bilingual(
        "يستعمل المبنى في الغرض المبين وحده.",
        "The building is used for the purpose shown and no other.",
    ),
}


def paper_of(content: Content, made_at: datetime) -> Paper:
    """Returns the paper of a document's content."""
    kind = CertificateKind(content["kind"])
    parts = {
        CertificateKind.INSULATION: _insulation,
        CertificateKind.COMPLETION: _completion,
        CertificateKind.OCCUPANCY: _occupancy,
    }
    return Paper(
        issuer=issuer(content["municipality"]),
        title=TITLES[kind],
        number=content["number"],
        state=Bilingual(*STATE_TITLES[VALID]),
        sections=list(parts[kind](content)),
        notes=[NOTES[kind]],
        made_at=made_at,
    )


def issuer(code: str) -> Bilingual:
    """Returns the name of the municipality that issues, by its code."""
    return Bilingual(**municipality(code))


def _insulation(content: Content) -> Iterator[Section]:
    rows = list(_term(content))
    if content["partner_number"]:
        label = Bilingual("رقم شهادة شركة الكهرباء", "Company's certificate")
        rows.insert(0, code_row(label, content["partner_number"]))
    yield Section(Bilingual("الشهادة", "Certificate"), rows)
    stages = [_stage(one) for one in content["stages"]]
    yield Section(Bilingual("معاينات العزل", "Inspections of insulation"), stages)
    yield from _permitted(content)


def _stage(visit: Content) -> Row:
    """Returns one passed stage: day, inspector, and materials and U-value if they were entered."""
    title = STAGE_TITLES[Stage(visit["stage"])]
    by = "شركة الكهرباء" if visit["by"] == "partner" else "البلدية"
    day = date.fromisoformat(visit["inspected_on"])
    hijri = both_calendars(day).hijri
    also = f" الموافق {hijri}هـ" if hijri else ""
    parts = [text_part(f"اجتازت معاينة {by}"), text_part(f"{day:%Y/%m/%d}م{also}")]
    if visit["materials"]:
        parts.append(text_part(visit["materials"]))
    if visit["u_value"] is not None:
        parts.append(text_part(f"U = {visit['u_value']:g} W/m²K"))
    return Row(Bilingual(title["ar"], title["en"].capitalize()), tuple(parts))


def _completion(content: Content) -> Iterator[Section]:
    rows = list(_term(content))
    rows.insert(1, _day("تاريخ المعاينة النهائية", "Final inspection", content["inspected_on"]))
    rows.append(_insulated(content))
    yield Section(Bilingual("الشهادة", "Certificate"), rows)
    yield from _permitted(content)
    office = content["office"]
    yield Section(
        Bilingual("المكتب الهندسي", "Engineering office"),
        [
            text_row(Bilingual("الاسم", "Name"), office["name"]),
            code_row(Bilingual("رقم الترخيص", "Licence"), office["licence_number"]),
        ],
    )


def _insulated(content: Content) -> Row:
    label = Bilingual("شهادة العزل الحراري", "Insulation certificate")
    held = content["rests_on"].get(CertificateKind.INSULATION)
    if held is None:
        return text_row(label, "لا تلزم لهذه الأعمال")
    numbers = [held["number"]]
    if held["partner_number"]:
        numbers.append(held["partner_number"])
    return code_row(label, *numbers)


def _occupancy(content: Content) -> Iterator[Section]:
    part = content["occupancy"]
    kind = occupancy.Kind(part["kind"])
    fire = "متوفرة" if part["fire_protection"] else "غير متوفرة"
    rows = [
        text_row(Bilingual("نوع الشهادة", "Kind"), *occupancy.KIND_TITLES[kind]),
        *_term(content),
    ]
    if part["inspected_on"]:
        rows.append(_day("تاريخ المعاينة", "Inspection", part["inspected_on"]))
    rows.append(text_row(Bilingual("الاستعمال", "Use"), part["use"]))
    if part["occupants"]:
        rows.append(code_row(Bilingual("عدد الشاغلين", "Occupants"), str(part["occupants"])))
    rows.append(text_row(Bilingual("أنظمة الوقاية من الحريق", "Fire protection"), fire))
    completion = content["rests_on"].get(CertificateKind.COMPLETION)
    if completion:
        label = Bilingual("شهادة إتمام البناء", "Completion certificate")
        rows.append(code_row(label, completion["number"]))
    yield Section(Bilingual("الشهادة", "Certificate"), rows)
    yield from _permitted(content, address=content["owner_address"])
    signatory = part["signatory"]
    yield Section(
        Bilingual("صاحب الصلاحية", "Authorised person"),
        [
            text_row(Bilingual("الاسم", "Name"), signatory["name"]),
            text_row(Bilingual("الصفة", "Capacity"), signatory["capacity"]),
            text_row(Bilingual("التوقيع", "Signature"), "وُقعت إلكترونيًا برمز التحقق"),
        ],
    )


def _term(content: Content) -> Iterator[Row]:
    yield _day("تاريخ الإصدار", "Issued on", content["issued_on"])
    if content["valid_until"]:
        yield _day("تاريخ الانتهاء", "Expires on", content["valid_until"])
    else:
        yield text_row(Bilingual("تاريخ الانتهاء", "Expires on"), "لا تنتهي", "Does not expire")


def _day(ar: str, en: str, day: str) -> Row:
    return day_row(Bilingual(ar, en), date.fromisoformat(day))


def _permitted(content: Content, address: str | None = None) -> Iterator[Section]:
    """Returns the owner of the building, its place, and the permit by which it was built."""
    permit = content["permit"]
    works = permits.KINDS[Kind(permit["works"])]
    owner = [text_row(Bilingual("المالك", "Owner"), *content["owners"])]
    if address:
        owner.append(text_row(Bilingual("عنوان المالك", "Owner's address"), address))
    rows = [
        code_row(Bilingual("رقم الرخصة", "Permit"), permit["permit_number"]),
        _day("تاريخ الرخصة", "Permit date", permit["issued_on"]),
        text_row(Bilingual("الأعمال", "Works"), works.ar),
    ]
    yield Section(Bilingual("المالك والرخصة", "Owner and permit"), [*owner, *rows])
    yield Section(Bilingual("المبنى", "Building"), [*_place(content["land"]), *_building(content)])


def _place(land: Content) -> Iterator[Row]:
    town = "، ".join(land[name] for name in ("town", "district", "street") if land[name])
    yield text_row(Bilingual("العنوان", "Address"), town)
    plots = " - ".join(land["plots"] or ())
    named = {"مخطط": land["plan_number"] or "بدون", "بلك": land["block"], "قطعة": plots or "بدون"}
    written = "، ".join(f"{word} {value}" for word, value in named.items() if value)
    yield text_row(Bilingual("المخطط والقطعة", "Plan and plot"), written)
    point = f"{land['latitude']:.6f}, {land['longitude']:.6f}"
    yield code_row(Bilingual("الإحداثيات", "Coordinates"), point)


def _building(content: Content) -> Iterator[Row]:
    building = content["building"]
    if building["description"]:
        yield text_row(Bilingual("الوصف", "Description"), building["description"])
    yield text_row(Bilingual("التصنيف", "Classification"), *USE_CLASS_TITLES[content["use_class"]])
    if names := "، ".join(one["component"] for one in building["components"]):
        yield text_row(Bilingual("المكونات", "Components"), names)
    if building["floors"]:
        yield code_row(Bilingual("عدد الأدوار", "Floors"), str(building["floors"]))
    if building["units"]:
        yield code_row(Bilingual("عدد الوحدات", "Units"), str(building["units"]))
    if building["built_area_m2"]:
        area = f"{building['built_area_m2']:,.2f} م²"
        yield text_row(Bilingual("مسطحات البناء", "Built area"), area)
