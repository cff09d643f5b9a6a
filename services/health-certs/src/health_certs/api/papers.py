"""A certificate's document as it's printed: Arabic first, English beside it."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from documents.papers import Paper, Row, Section, code_row, day_row, text_row
from health_certs.catalogue import municipalities
from health_certs.domain.documents import KIND, STATES, VALID
from saudi.bilingual import Bilingual

Content = Mapping[str, Any]
TITLES = {KIND: Bilingual("شهادة صحية", "Health certificate")}
NOTES = [
    Bilingual(
        "تخص هذه الشهادة صاحبها، ويُتحقق منها برمزها أو برقمها ورقم هوية صاحبها.",
        "This certificate is its holder's. It is verified by its code, or by its number and the holder's ID number.",
    ),
]


def paper_of(content: Content, made_at: datetime) -> Paper:
    """The paper of a document's content."""
    state = STATES[VALID]
    sections = [
        Section(Bilingual("صاحب الشهادة", "Holder"), list(_holder(content["worker"]))),
        Section(Bilingual("الشهادة", "Certificate"), list(_certificate(content))),
        Section(
            Bilingual("المنشأة", "Establishment"), list(_establishment(content["establishment"]))
        ),
    ]
    return Paper(
        issuer=issuer(content["municipality"]),
        title=TITLES[KIND],
        number=content["certificate_no"],
        state=Bilingual(state.ar, state.en),
        sections=[one for one in sections if one.rows],
        notes=NOTES,
        made_at=made_at,
    )


def issuer(code: str) -> Bilingual:
    """The name of the municipality that issues, by its code."""
    found = municipalities()[code]
    return Bilingual(found.ar, found.en)


def _holder(worker: Content) -> Iterator[Row]:
    names = [worker["name"][language] for language in ("ar", "en") if worker["name"][language]]
    yield text_row(Bilingual("الاسم", "Name"), *names)
    yield code_row(Bilingual("رقم الهوية", "ID number"), worker["id_number"])
    yield code_row(Bilingual("الجنسية", "Nationality"), worker["nationality"])
    yield code_row(Bilingual("سنة الميلاد", "Year of birth"), worker["birth_year"])


def _certificate(content: Content) -> Iterator[Row]:
    profession = content["profession"]
    yield text_row(Bilingual("المهنة", "Profession"), profession["ar"], profession["en"])
    yield day_row(Bilingual("تاريخ الإصدار", "Issued on"), date.fromisoformat(content["issued_on"]))
    yield day_row(
        Bilingual("تاريخ الانتهاء", "Expires on"), date.fromisoformat(content["valid_until"])
    )
    if content["seasonal"]:
        yield text_row(Bilingual("النوع", "Kind"), "موسمية", "Seasonal")


def _establishment(place: Content) -> Iterator[Row]:
    """Nothing for a worker without one."""
    if place["trade_name"]:
        yield text_row(Bilingual("الاسم التجاري", "Trade name"), place["trade_name"])
    if place["unified_number"]:
        yield code_row(Bilingual("الرقم الموحد", "Unified number"), place["unified_number"])
    if place["licence_no"]:
        yield code_row(Bilingual("رقم الرخصة", "Licence"), place["licence_no"])
