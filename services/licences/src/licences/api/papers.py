"""A licence's document as it's printed: Arabic first, English beside it."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from chassis.core.states import state
from documents.issuing import answers
from documents.issuing.answers import FileAnswer
from documents.papers import Paper, Row, Section, code_row, day_row, text_row
from licences.catalogue import municipalities
from licences.commands.signed_documents import document_of
from licences.context import Call
from licences.domain.licences import KINDS, PROFESSIONAL
from licences.models import Licence
from saudi.bilingual import Bilingual

TITLES = {
    "shop": Bilingual("رخصة محل", "Shop licence"),
    "engineering_office": Bilingual("رخصة مكتب هندسي", "Engineering office licence"),
    PROFESSIONAL: Bilingual("رخصة مهنية", "Professional licence"),
}
_SHOP_NOTE = Bilingual(
    "تنتهي هذه الرخصة إذا انتقل المحل أو تغير نشاطه، وتجدد خلال 90 يومًا قبل انتهائها.",
    "This licence ends when the place moves or its activity changes; it is renewed within 90 days before its end.",
)
_NOTES = {
    "shop": _SHOP_NOTE,
    "engineering_office": Bilingual(
        "تنتهي هذه الرخصة إذا انتقل المكتب أو تغير نشاطه، وتجدد خلال 90 يومًا قبل انتهائها.",
        _SHOP_NOTE.en,
    ),
    PROFESSIONAL: Bilingual(
        "تنتهي هذه الرخصة إذا انتقل مكان العمل أو تغير النشاط، وتجدد خلال 90 يومًا قبل انتهائها.",
        "This licence ends when the place of work moves or the activity changes; it is renewed within 90 days before"
        " its end.",
    ),
}


def paper_of(content: Mapping[str, Any], made_at: datetime) -> Paper:
    """Returns the paper of a document's content."""
    kind = content["kind"]
    words = state(KINDS[kind], "valid").words
    sections = [
        Section(Bilingual("الرخصة", "Licence"), list(_licence(content))),
        Section(Bilingual("الموقع", "Place"), list(_place(content["place"]))),
    ]
    return Paper(
        issuer=issuer(content["municipality"]),
        title=TITLES[kind],
        number=content["number"],
        state=Bilingual(words.ar, words.en),
        sections=[one for one in sections if one.rows],
        notes=notes_of(kind),
        made_at=made_at,
    )


def notes_of(kind: str) -> list[Bilingual]:
    """Returns what stands at the foot of a licence of the kind."""
    return [_NOTES[kind]]


def _licence(content: Mapping[str, Any]) -> Iterator[Row]:
    if name := content["trade_name"]:
        yield text_row(Bilingual("الاسم التجاري", "Trade name"), *_both_languages(name))
    yield text_row(Bilingual("صاحب الرخصة", "Holder"), content["holder"])
    if content["establishment"]:
        yield code_row(Bilingual("الرقم الموحد", "Unified number"), content["establishment"])
    main = [one for one in content["activities"] if one["main"]]
    others = [one for one in content["activities"] if not one["main"]]
    if main:
        yield text_row(Bilingual("النشاط الرئيس", "Main activity"), *_activity(main[0]))
    if others:
        texts = [text for one in others for text in _activity(one)]
        yield text_row(Bilingual("أنشطة أخرى", "Other activities"), *texts)
    if engineering := content.get("engineering"):
        number = Bilingual("رقم التصنيف الهندسي", "Engineering classification no.")
        yield code_row(number, engineering["classification_no"])
        # No register attests the grade.
        grade = Bilingual("درجة التصنيف كما في الطلب", "Grade, as declared")
        yield code_row(grade, engineering["grade"])
    for label, name in (
        (Bilingual("تاريخ الإصدار", "Issued on"), "issued_on"),
        (Bilingual("تاريخ الانتهاء", "Expires on"), "expires_on"),
    ):
        yield day_row(label, date.fromisoformat(content[name]))


def _place(place: Mapping[str, Any]) -> Iterator[Row]:
    town = "، ".join(str(place[name]) for name in ("town", "district", "street") if place[name])
    if town:
        yield text_row(Bilingual("العنوان", "Address"), town)
    land = [
        f"{word} {place[name]}"
        for word, name in (("مخطط", "plan"), ("قطعة", "plot"))
        if place[name]
    ]
    if land:
        yield text_row(Bilingual("المخطط والقطعة", "Plan and plot"), " ".join(land))
    if place["latitude"] is not None and place["longitude"] is not None:
        point = f"{place['latitude']:.4f}, {place['longitude']:.4f}"
        yield code_row(Bilingual("الإحداثيات", "Coordinates"), point)


def _activity(one: Mapping[str, Any]) -> list[str]:
    return [f"{one['code']} {one.get('ar') or ''}".strip(), *([one["en"]] if one.get("en") else [])]


def _both_languages(name: Mapping[str, Any]) -> list[str]:
    return [text for text in (name["ar"], name.get("en")) if text]


def issuer(municipality: str) -> Bilingual:
    """Returns the name of the issuing office, by its code."""
    found = municipalities()[municipality]
    return Bilingual(found.ar, found.en)


def printed(call: Call, row: Licence) -> FileAnswer:
    """Answers the licence's document. The operation has checked that the caller may have it."""
    document = document_of(
        call.session, call.actor, row.licence_id, call.resources.signing, now=call.now
    )
    return answers.printed(call, document, paper_of(document.content, document.made_at))
