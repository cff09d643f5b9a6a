"""The forms of tenders and leases with fields of their own: the draft, the amendment, the opening, a reply. Pure.

A day may be typed in either calendar, with the time beside it; both become one moment of the service. Documents and
bids are rows: a row of documents without a word is left out.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from math import isfinite
from typing import Any

from chassis.core.refusals import Fault
from portal.domain.entry_form import EntryField, body_of
from portal.domain.tender_desk import MOMENTS, DeskKind
from saudi.days import RIYADH, parse_day
from saudi.malformed import Malformed
from saudi.text import fold_digits

DOCUMENT_ROWS, MOST_DOCUMENTS, MOST_BIDS = 4, 30, 500
DOCUMENT_KINDS = ("notice", "booklet", "plan", "other")
_TITLE, _WORDS, _URL, _AMOUNT, _NUMBER = 150, 2_000, 500, 20, 40
_NOON = "12:00"
_DOCUMENT = ("kind", "title_ar", "title_en", "url")
_NUMBERS = ("guarantee_percent", "area_m2", "term_years", "term_days", "grace_days")
_COORDINATES = ("latitude", "longitude")
_TIME = re.compile(r"([01]?[0-9]|2[0-3])(:[0-5]?[0-9])?")
Typed = Mapping[str, str]


def _field(name: str, kind: str = "line", most: int = 60, **more: str) -> EntryField:
    return EntryField(name, kind, most, text=f"offering_{name}", **more)


def _pair(name: str, kind: str, most: int, *, place: str = "") -> tuple[EntryField, EntryField]:
    """Returns the fields of a text in both languages."""
    arabic, english = (
        _field(f"{name}_{one}", kind, most, path=f"{place or name}.{one}") for one in ("ar", "en")
    )
    return arabic, english


def _moments() -> tuple[EntryField, ...]:
    """Returns a day and a time for each published moment."""
    return tuple(
        field
        for one in MOMENTS
        for field in (_field(one, "day", 20), _field(f"{one}_time", "time", 5))
    )


_ABOUT = (
    _field("municipality", "choice", 40),
    *_pair("title", "line", _TITLE),
    *_pair("description", "text", _WORDS),
)
_MONEY = (_field("booklet_price", "code", _AMOUNT), _field("guarantee_percent", "code", 6))
_TENDER_FIELDS = (
    *_ABOUT,
    _field("category", "choice", 20),
    _field("method", "choice", 20),
    _field("platform_number", "code", _NUMBER),
    _field("estimate", "code", _AMOUNT),
    *_MONEY,
)
_LEASE_FIELDS = (
    *_ABOUT,
    replace(_field("kind", "choice", 20), heading="auction_site"),
    *_pair("activity", "line", _TITLE),
    _field("district", path="site.district"),
    _field("plan", most=20, path="site.plan"),
    _field("plot", most=15, path="site.plot"),
    _field("latitude", "code", 12, path="site.latitude"),
    _field("longitude", "code", 12, path="site.longitude"),
    _field("area_m2", "code", 12),
    _field("term_years", "code", 2),
    _field("term_days", "code", 3),
    _field("grace_days", "code", 4),
    replace(_field("platform_number", "code", _NUMBER), heading="tenders_terms"),
    _field("minimum_rent", "code", _AMOUNT),
    *_MONEY,
    _field("booklet_url", "url", _URL),
)
_DRAFTS = {"tender": _TENDER_FIELDS, "auction": _LEASE_FIELDS}


_VERSION = EntryField("version", "hidden", 9)


def draft_fields(kind: DeskKind, rows: Sequence[bool]) -> tuple[EntryField, ...]:
    """Returns the fields of a draft. `rows`: for each row of documents whether something stands in it."""
    first, *others = _moments()
    moments = (replace(first, heading="tenders_dates"), *others)
    return (_VERSION, *_DRAFTS[kind.name], *moments, *_document_fields(rows))


def amend_fields(rows: Sequence[bool]) -> tuple[EntryField, ...]:
    """Returns the fields of an amendment."""
    return (_VERSION, *_pair("reason", "text", _WORDS), *_moments(), *_document_fields(rows))


def _document_fields(rows: Sequence[bool]) -> tuple[EntryField, ...]:
    """Returns the fields of documents. A row leads to its place in the body, where the rows without a word are left
    out."""
    fields: list[EntryField] = []
    for at, is_filled in enumerate(rows):
        place = sum(rows[:at]) if is_filled else at + MOST_DOCUMENTS
        fields += [
            EntryField(
                f"document_{at}_{part}",
                kind,
                most,
                path=f"documents.{place}.{part.replace('_', '.')}",
                text=f"offering_document_{part}",
                row=str(at + 1),
                heading="tenders_documents" if (at, part) == (0, "kind") else "",
            )
            for part, kind, most in zip(
                _DOCUMENT,
                ("choice", "line", "line", "url"),
                (20, _TITLE, _TITLE, _URL),
                strict=True,
            )
        ]
    return tuple(fields)


def sent_documents(form: Mapping[str, str]) -> list[bool]:
    """Returns for each row of documents of a form whether something stands in it."""
    count = _count_rows(form, "document_{}_url", MOST_DOCUMENTS)
    return [
        any(form.get(f"document_{at}_{one}", "").strip() for one in _DOCUMENT)
        for at in range(count)
    ]


def document_rows(documents: Sequence[Any]) -> list[bool]:
    """Returns the rows of documents of a form that begins with some documents: there is room for another one."""
    count = min(max(DOCUMENT_ROWS, len(documents) + 1), MOST_DOCUMENTS)
    return [at < len(documents) for at in range(count)]


def _count_rows(form: Mapping[str, str], name: str, most: int) -> int:
    return next((at for at in range(most) if name.format(at) not in form), most)


def draft_body(kind: DeskKind, typed: Typed) -> dict[str, Any]:
    """Returns the body of a draft. An empty field is left out, so that the service names it where it's needed."""
    body = body_of(_DRAFTS[kind.name], typed)
    for name in _NUMBERS:
        if name in body:
            body[name] = _number_of(body[name])
    site = body.get("site", {})
    site |= {one: _number_of(site[one]) for one in _COORDINATES if one in site}
    return {**body, **_moments_body(typed), "documents": _documents_body(typed)}


def amend_body(typed: Typed) -> dict[str, Any]:
    """Returns the body of an amendment: a moment that isn't typed stays as it is, the documents are all."""
    reason = body_of(_pair("reason", "text", _WORDS), typed)
    return {**reason, **_moments_body(typed), "documents": _documents_body(typed)}


def _moments_body(typed: Typed) -> dict[str, str]:
    return {one: _moment_of(typed[one], typed[f"{one}_time"]) for one in typed_moments(typed)}


def typed_moments(typed: Typed) -> list[str]:
    """Returns the moments that were typed. A time alone counts too: left out, it would be lost without a word."""
    return [one for one in MOMENTS if typed.get(one) or typed.get(f"{one}_time")]


def _moment_of(day: str, time: str) -> str:
    """Returns the moment in Riyadh as the service reads it; the day may be one of either calendar."""
    hours, _, minutes = fold_digits(time or _NOON).partition(":")
    return f"{fold_digits(day)}T{hours.strip():0>2}:{minutes.strip() or '00'}:00+03:00"


def moment_faults(name: str, typed: Typed) -> list[Fault]:
    """Returns why a moment can't be read, each fault at its input: the day or the time."""
    faults = []
    try:
        if not typed[name]:
            raise Malformed("required")
        parse_day(typed[name])
    except Malformed as error:
        faults.append(Fault(name, error.code, error.params))
    if not _TIME.fullmatch(fold_digits(typed[f"{name}_time"] or _NOON)):
        faults.append(Fault(f"{name}_time", "time-of-day"))
    return faults


def _documents_body(typed: Typed) -> list[dict[str, Any]]:
    documents = []
    for at, is_filled in enumerate(sent_documents(typed)):
        if is_filled:
            row = {one: typed[f"document_{at}_{one}"] for one in _DOCUMENT}
            title = {one: row[f"title_{one}"] for one in ("ar", "en") if row[f"title_{one}"]}
            others = {one: row[one] for one in ("kind", "url") if row[one]}
            documents.append({"title": title, **others})
    return documents


def _number_of(text: str) -> Any:
    """Returns a number. A text that is no number goes as it was typed: the service says what is wrong."""
    digits = fold_digits(text).replace("٫", ".")
    try:
        number = int(digits) if digits.isdigit() else float(digits)
        is_number = isfinite(number)
    except (ValueError, OverflowError):
        return text
    return number if is_number else text


def typed_draft(kind: DeskKind, offering: Mapping[str, Any]) -> dict[str, str]:
    """Returns what the form of a draft begins with: the draft as it is."""
    shown = {**offering, "minimum_rent": offering["estimate"]}
    typed = {one.name: _text_at(shown, one.place) for one in _DRAFTS[kind.name]}
    for one in MOMENTS:
        local = datetime.fromisoformat(offering[one]).astimezone(RIYADH)
        typed |= {one: f"{local:%Y/%m/%d}", f"{one}_time": f"{local:%H:%M}"}
    return typed | typed_amendment(offering)


def typed_amendment(offering: Mapping[str, Any]) -> dict[str, str]:
    """Returns what the form of an amendment begins with: the version that it shows, and the documents."""
    return {"version": str(offering["version"]), **typed_documents(offering["documents"])}


def typed_documents(documents: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Returns what the rows of documents begin with."""
    return {
        f"document_{at}_{part}": _text_at(one, part.replace("_", "."))
        for at, one in enumerate(documents)
        for part in _DOCUMENT
    }


def _text_at(thing: Mapping[str, Any], place: str) -> str:
    found: Any = thing
    for name in place.split("."):
        found = (found or {}).get(name)
    return "" if found is None else str(found)


def opening_fields(receipts: Sequence[str]) -> tuple[EntryField, ...]:
    """Returns the fields of the opening: what the committee reads of each received bid."""
    parts = (("bidder", "line", 150), ("unified_number", "code", 12), ("amount", "code", _AMOUNT))
    fields = [_field("minutes_number", "line", _NUMBER)]
    for at, receipt in enumerate(receipts):
        fields.append(
            EntryField(f"bid_{at}_receipt_number", "hidden", _NUMBER, f"bids.{at}.receipt_number")
        )
        fields += [
            EntryField(
                f"bid_{at}_{part}",
                kind,
                most,
                f"bids.{at}.{part}",
                text=f"offering_bid_{part}",
                row=receipt,
            )
            for part, kind, most in (*parts, ("accepted", "choice", 3))
        ]
    return tuple(fields)


def sent_receipts(form: Mapping[str, str]) -> list[str]:
    """Returns the receipts that the form of an opening names."""
    count = _count_rows(form, "bid_{}_receipt_number", MOST_BIDS)
    return [form[f"bid_{at}_receipt_number"] for at in range(count)]


def typed_opening(receipts: Iterable[str]) -> dict[str, str]:
    """Returns what the form of an opening begins with."""
    return {f"bid_{at}_receipt_number": one for at, one in enumerate(receipts)}


def opening_body(receipts: Sequence[str], typed: Typed) -> dict[str, Any]:
    """Returns the body of an opening."""
    bids = []
    for at, receipt in enumerate(receipts):
        read = {one: typed[f"bid_{at}_{one}"] for one in ("bidder", "unified_number", "amount")}
        accepted = typed[f"bid_{at}_accepted"]
        bids.append(
            {
                "receipt_number": receipt,
                **{name: value for name, value in read.items() if value},
                **({"accepted": accepted == "yes"} if accepted else {}),
            }
        )
    minutes = body_of((_field("minutes_number"),), typed)
    return {**minutes, "bids": bids}


ANSWER_FIELDS = (_field("question", "text", 1_000), _field("answer", "text", 3_000))
DISMISSAL_FIELDS = (_field("dismissal", "choice", 20, path="reason"),)
DISMISSALS = ("unrelated", "repeated", "abusive")
