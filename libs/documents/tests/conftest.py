"""A key, a statement and a paper as a service would make them, and the way back from the printed page."""

import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pypdfium2
import pytest

from documents.keys import KeySet, SigningKey
from documents.papers import Paper, Section, code_row, day_row, text_row
from documents.press import Press
from documents.statements import Statement
from saudi.bilingual import Bilingual

BASE = "https://services.example/documents"
ISSUED, EXPIRES = date(2026, 11, 26), date(2027, 11, 26)
MADE_AT = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="session")
def press() -> Press:
    return Press()


@pytest.fixture
def key() -> SigningKey:
    return SigningKey(bytes(range(32)))


@pytest.fixture
def keys(key: SigningKey) -> KeySet:
    return KeySet([key.public])


@pytest.fixture
def statement() -> Statement:
    return Statement(
        document_id=uuid.UUID("6f9619ff-8b86-4011-b42d-00cf4fc964ff"),
        kind="shop_licence",
        number="44810000123",
        state="valid",
        issued_on=ISSUED,
        expires_on=EXPIRES,
        initials="أ. ح.",
    )


@pytest.fixture
def code(key: SigningKey, statement: Statement) -> str:
    return key.sign(statement, BASE)


@pytest.fixture
def paper(statement: Statement) -> Callable[..., Paper]:
    """A shop licence whose trade name is the argument."""

    def of(trade_name: str = "بقالة بيانات تجريبية", **changed: Any) -> Paper:
        rows = [
            text_row(Bilingual("الاسم التجاري", "Trade name"), trade_name, "Sample Grocery"),
            code_row(Bilingual("الرقم الموحد", "Unified number"), "7000000005"),
            day_row(Bilingual("تاريخ الإصدار", "Issued on"), ISSUED),
            day_row(Bilingual("تاريخ الانتهاء", "Expires on"), EXPIRES),
            text_row(Bilingual("العنوان", "Address"), "القطيف، حي الخزامى، مخطط 713/7 قطعة 215"),
            code_row(Bilingual("الجوال", "Mobile"), "+966 50 000 0001"),
        ]
        facts = {
            "issuer": Bilingual("بلدية محافظة القطيف", "Municipality of Qatif Governorate"),
            "title": Bilingual("رخصة محل", "Shop licence"),
            "number": statement.number,
            "state": Bilingual("سارية", "Valid"),
            "sections": [Section(Bilingual("الرخصة", "Licence"), rows)],
            "notes": [Bilingual("بيانات تجريبية", "Sample data")],
            "made_at": MADE_AT,
        }
        return Paper(**{**facts, **changed})

    return of


@pytest.fixture
def pages() -> Callable[[bytes], list[Any]]:
    """The pages of a PDF as pictures, 150 to the inch: what a cheap printer makes of them."""

    def of(pdf: bytes) -> list[Any]:
        document = pypdfium2.PdfDocument(pdf)
        try:
            return [page.render(scale=150 / 72).to_pil() for page in document]
        finally:
            document.close()

    return of


@pytest.fixture
def lines() -> Callable[[bytes], list[str]]:
    """The lines of a PDF as they look: the letters from left to right by where they stand, without spaces."""

    def of(pdf: bytes) -> list[str]:
        document = pypdfium2.PdfDocument(pdf)
        try:
            return [line for page in document for line in _lines(page.get_textpage())]
        finally:
            document.close()

    return of


def _lines(page: Any) -> list[str]:
    rows: dict[int, list[tuple[float, str]]] = {}
    for index in range(page.count_chars()):
        letter = page.get_text_range(index, 1)
        left, bottom, _, top = page.get_charbox(index, loose=True)
        if letter.strip():
            rows.setdefault(round((bottom + top) / 2), []).append((left, letter))
    return ["".join(letter for _, letter in sorted(row)) for row in rows.values()]


@pytest.fixture
def texts() -> Callable[[bytes], str]:
    """The text of a PDF, as a reader copies it or a screen reader speaks it."""

    def of(pdf: bytes) -> str:
        document = pypdfium2.PdfDocument(pdf)
        try:
            return "\n".join(page.get_textpage().get_text_range() for page in document)
        finally:
            document.close()

    return of
