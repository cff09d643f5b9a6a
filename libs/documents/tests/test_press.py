"""The printed page: looked at as a picture, read by a machine, tagged for those who hear it."""

from collections.abc import Callable
from typing import Any

import pypdf
import pytest
import zxingcpp

from documents.keys import KeySet
from documents.papers import Paper, Row, Section, text_row
from documents.press import Press
from documents.statements import Unreadable
from documents.verifying import verify
from saudi.bilingual import Bilingual

from .conftest import ISSUED

Make = Callable[..., Paper]
Pages = Callable[[bytes], list[Any]]
Texts = Callable[[bytes], str]
Lines = Callable[[bytes], list[str]]
CODE = Bilingual("رمز", "Code")


def codes_in(picture: Any) -> list[str]:
    return [
        found.text
        for found in zxingcpp.read_barcodes(
            picture, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
        )
    ]


def test_the_code_is_read_from_the_picture_of_the_page_and_verifies(
    press: Press, paper: Make, code: str, keys: KeySet, pages: Pages
) -> None:
    (page,) = pages(press.print(paper(), code))

    assert codes_in(page) == [code]
    assert verify(codes_in(page)[0], keys, on=ISSUED).is_valid


def test_a_grey_slanted_copy_of_the_page_is_still_read(
    press: Press, paper: Make, code: str, pages: Pages
) -> None:
    (page,) = pages(press.print(paper(), code))

    assert codes_in(page.convert("L").rotate(4, fillcolor=200, expand=True)) == [code]


def test_the_page_stands_within_its_margins(
    press: Press, paper: Make, code: str, pages: Pages
) -> None:
    """15 mm at 150 to the inch: what office printers leave white."""
    (page,) = pages(press.print(paper(), code))
    ink = page.convert("L").point(lambda grey: 255 if grey < 250 else 0).getbbox()

    assert ink is not None
    assert ink[0] > 88
    assert ink[1] > 88
    assert ink[2] < page.width - 88
    assert ink[3] < page.height - 88


def test_a_name_is_text_and_never_code(press: Press, paper: Make, code: str, lines: Lines) -> None:
    attack = '#read("/etc/passwd") #panic() $x$ *b* \\ @ref'

    shown = lines(press.print(paper(attack), code))

    assert any(attack.replace(" ", "") in line for line in shown), "\n".join(shown)
    assert not any("root:" in line for line in shown)


def test_the_template_reaches_no_file_outside_its_folder(
    press: Press, paper: Make, code: str, texts: Texts
) -> None:
    assert "panic" in texts(press.print(paper("panic"), code))
    with pytest.raises(Exception, match="(?i)access|root|not found"):
        press._ready().eval('read("/../../pyproject.toml")')


def test_numbers_aren_t_turned_round(press: Press, paper: Make, code: str, lines: Lines) -> None:
    shown = "\n".join(lines(press.print(paper(), code)))

    for number in ("7000000005", "+966500000001", "2026/11/26", "1448/06/16", "713/7"):
        assert number in shown


def test_the_pdf_is_tagged_and_says_its_language_and_title(
    press: Press, paper: Make, code: str, tmp_path: Any
) -> None:
    file = tmp_path / "paper.pdf"
    file.write_bytes(press.print(paper(), code))
    with pypdf.PdfReader(file) as reader:
        root, metadata = reader.root_object, reader.xmp_metadata

        assert root["/MarkInfo"]["/Marked"] == True  # noqa: E712
        assert str(root["/Lang"]).startswith("ar")
        assert reader.metadata
        assert reader.metadata.title == "رخصة محل 44810000123"
        assert metadata
        assert b"pdfuaid" in metadata.stream.get_data()
        kinds = tags_of(root["/StructTreeRoot"])
    assert {"/H1", "/H2", "/Table", "/TH", "/TD", "/Figure"} <= kinds


def tags_of(node: Any) -> set[str]:
    node = node.get_object() if hasattr(node, "get_object") else node
    if isinstance(node, list):
        return set().union(*(tags_of(one) for one in node))
    if not isinstance(node, dict):
        return set()
    own = {str(node["/S"])} if "/S" in node else set()
    return own | (tags_of(node["/K"]) if "/K" in node else set())


def test_the_same_paper_gives_the_same_bytes(press: Press, paper: Make, code: str) -> None:
    assert press.print(paper(), code) == Press().print(paper(), code)


@pytest.mark.parametrize("name", ["مخبز 😀", "中文店", "\u0000\ud800", "ﷺ", "a\u200d\u2066b\u2069"])
def test_letters_that_the_font_lacks_don_t_stop_the_press(
    name: str, press: Press, paper: Make, code: str, pages: Pages
) -> None:
    assert codes_in(pages(press.print(paper(name), code))[0]) == [code]


def test_a_long_document_goes_on_overleaf_with_its_header(
    press: Press, paper: Make, code: str, pages: Pages, texts: Texts
) -> None:
    rows: list[Row] = [text_row(CODE, f"نشاط رقم {number}") for number in range(60)]
    pdf = press.print(paper(sections=[Section(CODE, rows)]), code)

    assert len(pages(pdf)) > 1
    assert all(f"نشاط رقم {number}" in texts(pdf) for number in (0, 59))


def test_a_name_of_many_letters_is_wrapped(
    press: Press, paper: Make, code: str, pages: Pages
) -> None:
    (page,) = pages(press.print(paper("مؤسسة " * 40 + "س" * 120), code))

    ink = page.convert("L").point(lambda grey: 255 if grey < 250 else 0).getbbox()
    assert ink is not None
    assert ink[0] > 88


def test_a_paper_without_a_signed_code_isn_t_printed(press: Press, paper: Make) -> None:
    with pytest.raises(Unreadable):
        press.print(paper(), "https://services.example/documents/1")
