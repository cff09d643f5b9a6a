"""The name that an upload came with: kept as a text, never as a path or a header."""

import pytest

from chassis.files import names


@pytest.mark.parametrize(
    ("sent", "kept_as"),
    [
        ("صورة الحفرة.jpg", "صورة الحفرة.jpg"),
        ("../../etc/passwd", "passwd.jpg"),
        ("C:\\Users\\somebody\\photo.JPEG", "photo.jpg"),
        ("a.pdf.exe", "a.pdf.jpg"),
        ("photo\u202egpj.exe", "photogpj.jpg"),
        ("a\0b\r\nX-Header: 1.png", "abX-Header: 1.jpg".replace(":", "_")),
        ("..", "file.jpg"),
        ("", "file.jpg"),
        (".htaccess", "htaccess.jpg"),
        ("<script>.jpg", "_script_.jpg"),
        ("ا" * 500, "ا" * 120 + ".jpg"),
    ],
)
def test_a_name_is_a_text_and_no_path(sent: str, kept_as: str) -> None:
    assert names.clean_name(sent, "image/jpeg") == kept_as


def test_a_name_goes_into_its_header_without_a_byte_that_ends_it() -> None:
    assert names.content_disposition('حفرة".jpg', "image/jpeg") == (
        "inline; filename=\"file.jpg\"; filename*=UTF-8''%D8%AD%D9%81%D8%B1%D8%A9%22.jpg"
    )
    assert names.content_disposition("a.pdf", "application/pdf").startswith("attachment; ")
