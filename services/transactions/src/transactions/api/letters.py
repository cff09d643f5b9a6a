"""The signed document of a letter: what is printed, Arabic first and English beside it, and what a code shows."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from documents.issuing.answers import Answers
from documents.issuing.pages import Pages
from documents.issuing.register import VALID
from documents.papers import Paper, Row, Section, day_row, text_row
from saudi.bilingual import Bilingual
from saudi.branches import GOVERNORATE
from transactions.catalogue import catalogue, municipalities
from transactions.commands.letters import LETTER
from transactions.models import CANCELLED, REGISTER

TITLES = {LETTER: Bilingual("خطاب صادر", "Outgoing letter")}
STATES = {
    VALID: Bilingual("صادر", "Issued"),
    CANCELLED: Bilingual("ملغى", "Cancelled"),
}
NOTES = [
    Bilingual(
        "يُتحقق من هذا الخطاب برمزه. لا يظهر موضوعه لمن يتحقق منه.",
        "This letter is verified by its code. The subject isn't shown to those who verify it.",
    ),
]


def _words(_kind: str, state: str) -> Bilingual:
    return STATES[state]


ANSWERS = Answers([REGISTER], _words, Pages(lambda: municipalities()[GOVERNORATE], TITLES))


def paper_of(content: Mapping[str, Any], made_at: datetime) -> Paper:
    """Returns the paper of a letter's content."""
    return Paper(
        issuer=municipalities()[content["municipality"]],
        title=TITLES[LETTER],
        number=content["letter_no"],
        state=STATES[VALID],
        sections=[
            Section(Bilingual("الخطاب", "Letter"), list(_heading(content))),
            Section(Bilingual("النص", "Text"), list(_text(content))),
        ],
        notes=NOTES,
        made_at=made_at,
    )


def _heading(content: Mapping[str, Any]) -> Iterator[Row]:
    department = catalogue().departments[content["department"]]
    yield day_row(Bilingual("التاريخ", "Date"), date.fromisoformat(content["issued_on"]))
    yield text_row(Bilingual("إلى", "To"), content["recipient"])
    yield text_row(Bilingual("من", "From"), department.ar, department.en)
    yield text_row(Bilingual("الموضوع", "Subject"), content["subject"])


def _text(content: Mapping[str, Any]) -> Iterator[Row]:
    paragraphs = [line.strip() for line in content["body"].splitlines() if line.strip()]
    yield text_row(Bilingual("نص الخطاب", "Text"), *paragraphs)
    yield text_row(Bilingual("الموقّع", "Signed by"), content["signed_by"])
