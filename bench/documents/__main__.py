"""`make bench-documents`: different licences signed, printed and verified; beside it a bare page by Typst alone.

The bare page has no table, no picture, no tags and no words of ours: what it takes is Typst's own start and PDF writer.
Each page differs, since Typst remembers what it laid out.
"""

import tempfile
import time
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import click
import typst

from bench.figures import keep_figures
from documents.codes import drawing
from documents.keys import KeySet, SigningKey
from documents.papers import Paper, Section, code_row, day_row, text_row
from documents.press import FONTS, Press
from documents.statements import Statement
from documents.verifying import verify
from saudi.bilingual import Bilingual

BASE = "https://services.example/documents"
KEY = SigningKey(bytes(32))
KEYS = KeySet([KEY.public])
DAY, END = date(2026, 11, 26), date(2027, 11, 26)
_BARE = '#set text(font: "IBM Plex Sans Arabic", lang: "ar", dir: rtl)\n#sys.inputs.text\n'


@click.command()
@click.option("--seconds", default=10.0, help="of each measurement")
def main(seconds: float) -> None:
    """Measures, prints one line of JSON and overwrites bench/results/documents.json."""
    press = Press()
    printed = per_second(lambda n: press.print(paper(n), code(n)), seconds)
    bare = per_second(bare_page(), seconds)
    result = {
        "printed_per_s": printed,
        "bare_pages_per_s": bare,
        "ratio": round(printed / bare, 2),
        "pdf_bytes": len(press.print(paper(0), code(0))),
        "signed_per_s": per_second(code, seconds / 4),
        "drawn_per_s": per_second(lambda n: drawing(code(n)), seconds / 4),
        "verified_per_s": per_second(lambda n: verify(CODES[n % 100], KEYS, on=DAY), seconds / 4),
    }
    print(keep_figures("documents", result, whole=seconds >= 10))


def per_second(work: Callable[[int], object], seconds: float) -> float:
    """Calls a second, each with another number, after a first that isn't counted."""
    work(0)
    began, done = time.perf_counter(), 0
    while (passed := time.perf_counter() - began) < seconds:
        done += 1
        work(done)
    return round(done / passed, 1)


def code(number: int) -> str:
    """The signed code of the licence of this number."""
    licence = Statement(
        uuid.UUID(int=number), "shop_licence", f"4481{number:07}", "valid", DAY, END
    )
    return KEY.sign(licence, BASE)


CODES = [code(number) for number in range(100)]


def paper(number: int) -> Paper:
    """A licence of ten rows."""
    rows = [
        text_row(
            Bilingual("الاسم التجاري", "Trade name"), f"بقالة بيانات تجريبية {number}", "Sample"
        ),
        code_row(Bilingual("الرقم الموحد", "Unified number"), f"7{number:09}"),
        day_row(Bilingual("تاريخ الإصدار", "Issued on"), DAY),
        day_row(Bilingual("تاريخ الانتهاء", "Expires on"), END),
        *(
            text_row(Bilingual("نشاط", "Activity"), f"{471100 + n} تجارة {number}")
            for n in range(3)
        ),
        text_row(Bilingual("العنوان", "Address"), f"القطيف، حي الخزامى، مخطط 713/7 قطعة {number}"),
        code_row(Bilingual("الإحداثيات", "Coordinates"), f"26.5639, 50.{number:04}"),
        text_row(Bilingual("المساحة", "Area"), f"{number}.50 م²"),
    ]
    return Paper(
        issuer=Bilingual("بلدية محافظة القطيف", "Municipality of Qatif Governorate"),
        title=Bilingual("رخصة محل", "Shop licence"),
        number=f"4481{number:07}",
        state=Bilingual("سارية", "Valid"),
        sections=[Section(Bilingual("الرخصة", "Licence"), rows)],
        notes=[],
        made_at=datetime(2026, 11, 26, tzinfo=UTC),
    )


def bare_page() -> Callable[[int], object]:
    """A page with one line in the same font, made by Typst with nothing of ours."""
    file = Path(tempfile.mkdtemp()) / "bare.typ"
    file.write_text(_BARE, "utf-8")
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS]
    )
    compiler = typst.Compiler(file, font_paths=fonts, ignore_system_fonts=True)
    return lambda number: compiler.compile(
        format="pdf", sys_inputs={"text": f"بيانات تجريبية {number}"}, pdf_tags=False
    )


if __name__ == "__main__":
    main()
