"""What is kept of an upload, and what isn't taken at all."""

import zlib
from collections.abc import Callable
from io import BytesIO
from typing import Any

import hostile
import pytest
from hostile import dictionary, name
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from pypdf.generic import ArrayObject, TextStringObject

from chassis.files.content import AcceptedContent, Limits, accept_content
from chassis.files.unacceptable import Unacceptable

LIMITS = Limits(most_bytes=10 * 1024 * 1024, most_pixels=50_000_000, longest_side=2_048)


def keep(content: bytes, limits: Limits = LIMITS) -> AcceptedContent:
    return accept_content(content, limits)


def refusal(content: bytes, limits: Limits = LIMITS) -> str:
    with pytest.raises(Unacceptable) as refused:
        accept_content(content, limits)
    return refused.value.code


def shown(content: bytes) -> Image.Image:
    image = Image.open(BytesIO(content))
    image.load()
    return image


def test_a_photo_is_turned_upright_and_tells_nothing_but_its_pixels() -> None:
    found = keep(hostile.located())

    image = shown(found.content)
    assert (image.format, found.media_type) == ("JPEG", "image/jpeg")
    assert image.size == (found.width, found.height) == (200, 400)
    assert dict(image.getexif()) == {}
    assert b"TELEPHONE" not in found.content
    assert b"SECRET-COMMENT" not in found.content


def test_the_position_of_a_photo_is_read_before_it_is_stripped() -> None:
    assert keep(hostile.located()).position == hostile.QATIF
    assert keep(hostile.photo()).position is None


@pytest.mark.parametrize(
    "gps",
    [
        {1: "N", 2: (0.0, 0.0, 0.0), 3: "E", 4: (0.0, 0.0, 0.0)},
        {1: "N", 2: (99.0, 0.0, 0.0), 3: "E", 4: (50.0, 0.0, 0.0)},
        {1: "N", 2: (26.0,), 3: "E", 4: (50.0, 0.0, 0.0)},
        {1: "N"},
    ],
)
def test_a_position_that_is_not_credible_is_no_position(gps: dict[int, Any]) -> None:
    exif = Image.Exif()
    exif[0x8825] = gps

    assert keep(hostile.photo(exif=exif)).position is None


def test_a_large_photo_is_shrunk_and_a_small_one_is_not_enlarged() -> None:
    sizes = [(4_032, 3_024), (3_024, 4_032), (3_000, 1_000), (5_000, 10), (2_048, 2_048), (32, 24)]

    found = [keep(hostile.photo(size)) for size in sizes]

    assert [(one.width, one.height) for one in found] == [
        (2_016, 1_512), (1_512, 2_016), (2_048, 683), (2_048, 4), (2_048, 2_048), (32, 24),
    ]  # fmt: skip


def test_a_large_png_is_shrunk_too() -> None:
    found = keep(hostile.photo((3_000, 1_500), kind="PNG"))

    assert (found.width, found.height) == (2_048, 1_024)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "I;16"])
def test_png_stays_png_in_every_mode(mode: str) -> None:
    out = BytesIO()
    grey = Image.new("L", (60, 40), 200).convert("RGB")
    (Image.new("I;16", (60, 40), 99) if mode == "I;16" else grey.convert(mode)).save(out, "PNG")

    found = keep(out.getvalue())

    assert (found.media_type, shown(found.content).size) == ("image/png", (60, 40))


def test_the_transparency_of_a_png_is_kept_and_its_texts_are_not() -> None:
    out = BytesIO()
    texts = PngInfo()
    texts.add_text("Author", "SOMEBODY", zip=True)
    Image.new("RGBA", (10, 10), (0, 0, 0, 0)).save(out, "PNG", pnginfo=texts, dpi=(72, 72))

    found = keep(out.getvalue())

    assert shown(found.content).getpixel((0, 0)) == (0, 0, 0, 0)
    assert shown(found.content).info == {}


def test_a_cmyk_jpeg_becomes_one_that_browsers_show() -> None:
    assert shown(keep(hostile.photo(mode="CMYK")).content).mode == "RGB"


def test_what_hides_behind_a_picture_is_gone() -> None:
    behind = b"PK\x03\x04<script>alert(1)</script>"

    found = keep(hostile.photo() + behind)

    assert b"<script>" not in found.content
    assert b"PK\x03\x04" not in found.content


def test_a_picture_that_claims_too_many_pixels_is_refused_before_it_is_decoded() -> None:
    assert refusal(hostile.bomb()) == "too-many-pixels"
    assert refusal(hostile.bomb(10_000, 5_001)) == "too-many-pixels"
    assert refusal(hostile.photo((300, 200)), Limits(10_000_000, 59_999, 100)) == "too-many-pixels"


def test_a_truncated_picture_is_refused() -> None:
    photo = hostile.photo((800, 600))

    assert refusal(photo[: len(photo) // 2]) == "file-damaged"
    assert refusal(hostile.bomb(100, 100)) == "file-damaged"


def test_a_progressive_picture_is_taken_and_one_of_a_thousand_scans_is_not() -> None:
    progressive = hostile.photo(progressive=True)

    assert keep(progressive).media_type == "image/jpeg"
    assert refusal(hostile.many_scans(progressive)) == "too-many-scans"


def test_scans_are_weighed_by_the_pixels_that_each_goes_over() -> None:
    large = hostile.photo((5_000, 4_500), progressive=True)

    assert keep(large).media_type == "image/jpeg"
    assert refusal(hostile.many_scans(large, 20)) == "too-many-scans"
    assert keep(hostile.many_scans(hostile.photo(progressive=True), 20)).width == 640


def test_a_png_is_not_taken_for_one_of_many_scans() -> None:
    texts = PngInfo()
    texts.add_text("Comment", "\xff\xda" * 200)

    assert keep(hostile.photo(kind="PNG", pnginfo=texts)).media_type == "image/png"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file-empty"),
        (b"<html><script>alert(1)</script>", "file-type"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "file-type"),
        (b"GIF89a" + b"\0" * 50, "file-type"),
        (b"MZ\x90", "file-type"),
        (b" %PDF-1.7", "file-type"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "picture-type"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "picture-type"),
        (b"\xff\xd8\xff", "file-damaged"),
        (b"\x89PNG\r\n\x1a\n", "file-damaged"),
        (b"%PDF-1.7 and nothing else", "file-damaged"),
    ],
)
def test_the_content_decides_and_no_other_type_is_taken(content: bytes, code: str) -> None:
    assert refusal(content) == code


def test_more_bytes_than_allowed_are_refused() -> None:
    assert (
        refusal(hostile.photo() + b"\0" * 200, Limits(200, 50_000_000, 1_920)) == "file-too-large"
    )


def test_a_plain_pdf_is_kept_byte_by_byte() -> None:
    plain = hostile.pdf()

    assert keep(plain).content == plain
    assert keep(plain).media_type == "application/pdf"


def test_a_pdf_may_open_at_a_page() -> None:
    def open_at(writer: Any) -> None:
        writer.root_object[name("/OpenAction")] = hostile.destination(writer)

    def go_to(writer: Any) -> None:
        action = dictionary(S=name("/GoTo"), D=hostile.destination(writer))
        writer.root_object[name("/OpenAction")] = writer._add_object(action)

    assert keep(hostile.pdf(open_at)).media_type == "application/pdf"
    assert keep(hostile.pdf(go_to)).media_type == "application/pdf"


def as_opening(action: Any) -> Callable[[Any], None]:
    def change(writer: Any) -> None:
        writer.root_object[name("/OpenAction")] = writer._add_object(action)

    return change


def with_key(key: str, value: Any) -> Callable[[Any], None]:
    def change(writer: Any) -> None:
        writer.pages[0][name(key)] = value

    return change


def named_script(writer: Any) -> None:
    names = dictionary(
        Names=ArrayObject([TextStringObject("a"), writer._add_object(hostile.script())])
    )
    writer.root_object[name("/Names")] = dictionary(JavaScript=names)


def by_reference(writer: Any) -> None:
    """`/S` itself is a reference, which a search for `/S /Launch` doesn't see."""
    kind = writer._add_object(name("/Launch"))
    writer.root_object[name("/OpenAction")] = dictionary(S=kind, F=TextStringObject("cmd.exe"))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (as_opening(hostile.script()), "pdf-active"),
        (as_opening(dictionary(S=name("/Launch"), F=TextStringObject("cmd.exe"))), "pdf-active"),
        (as_opening(dictionary(S=name("/URI"), URI=TextStringObject("http://a.b"))), "pdf-active"),
        (by_reference, "pdf-active"),
        (with_key("/AA", dictionary(O=hostile.script())), "pdf-active"),
        (with_key("/Deep", dictionary(A=dictionary(B=hostile.script()))), "pdf-active"),
        (named_script, "pdf-active"),
        (lambda writer: writer.add_attachment("a.txt", b"x"), "pdf-embedded"),
        (hostile.embedded, "pdf-embedded"),
        (lambda writer: writer.encrypt("secret"), "pdf-encrypted"),
        (lambda writer: writer.encrypt("", "owner"), "pdf-encrypted"),
    ],
)
def test_a_pdf_that_does_more_than_show_is_refused(change: Any, code: str) -> None:
    assert refusal(hostile.pdf(change)) == code


def test_a_script_within_an_object_stream_is_found() -> None:
    harmless = hostile.in_object_stream(b"<< /Some /Thing >>", catalogue=b"/Thing 5 0 R")
    action = b"<< /S /JavaScript /JS (app.alert(1)) >>"

    assert keep(harmless).media_type == "application/pdf"
    assert refusal(hostile.in_object_stream(action, catalogue=b"/OpenAction 5 0 R")) == "pdf-active"


def test_a_script_within_a_stream_that_only_the_cross_references_lead_to_is_found() -> None:
    action = b"<< /S /JavaScript /JS (app.alert(1)) >>"

    sent = hostile.in_object_stream(action, catalogue=b"/Thing 5 0 R", in_hexadecimal=True)

    assert refusal(sent) == "pdf-active"


def test_an_escaped_name_is_the_same_name() -> None:
    action = b"<< /#53 /J#61vaScript /#4a#53 (app.alert(1)) >>"

    assert refusal(hostile.in_object_stream(action, catalogue=b"/Thing 5 0 R")) == "pdf-active"


def test_a_script_that_no_cross_reference_names_is_found() -> None:
    hidden = b"\n99 0 obj\n<< /S /J#61vaScript /JS (app.alert(1)) >>\nendobj\n"

    assert refusal(hostile.pdf() + hidden) == "pdf-active"


def test_a_script_behind_a_comment_with_the_word_stream_is_found() -> None:
    action = b"<< /S /JavaScript /JS (app.alert(1)) >>"
    hidden = b"\n%% %s\n99 0 obj\n%s\nendobj\n%% endstream\n"

    for word in (b"stream", b">> stream", b"endstream) >>\n%stream"):
        assert refusal(hostile.pdf() + hidden % (word, action)) == "pdf-active"


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", " JavaScript:alert(1)", "java\nscript:alert(1)", "file:///etc/passwd"],
)
def test_a_link_that_is_no_page_of_the_web_is_refused(address: str) -> None:
    def link(writer: Any) -> None:
        action = dictionary(S=name("/URI"), URI=TextStringObject(address))
        writer.pages[0][name("/Link")] = writer._add_object(action)

    assert refusal(hostile.pdf(link)) == "pdf-active"


@pytest.mark.parametrize(
    "entry",
    [
        b"/URI (javascript:alert\\(1\\))",
        b"/URI %\n( FILE:///etc/passwd)",
        b"/URI (\\152avascript:alert)",
        b"/URI <6A617661>",
        b"/OpenAction << /S /URI /URI (https://a.b) >>",
        b"/JS\0(app.alert)",
    ],
)
def test_what_no_cross_reference_names_does_no_more_than_the_rest(entry: bytes) -> None:
    hidden = b"\n99 0 obj\n<< %s >>\nendobj\n"

    assert refusal(hostile.pdf() + hidden % entry) == "pdf-active"
    harmless = b"/URI (https://a.b) /OpenAction << /S /GoTo /D [3 0 R /Fit] >>"
    assert keep(hostile.pdf() + hidden % harmless).media_type == "application/pdf"


def test_an_object_that_a_thousand_rows_name_is_not_parsed_for_each() -> None:
    large = b"[" + b"1 " * 5_000 + b"]"

    assert refusal(hostile.with_rows({4: large}, [(4, 1_000)])) == "file-damaged"
    assert keep(hostile.with_rows({4: large}, [])).media_type == "application/pdf"


def test_a_row_leads_to_an_object_of_its_own_number() -> None:
    assert refusal(hostile.with_rows({4: b"(a)"}, [], renumbered=9)) == "file-damaged"


def test_too_many_objects_are_refused() -> None:
    many = dict.fromkeys(range(4, 8010), b"1")

    assert refusal(hostile.with_rows(many, [])) == "pdf-too-complex"


def test_objects_that_lie_within_one_another_end_at_the_budget() -> None:
    """Each of them is a text that begins in the one before and ends at the end of all."""
    depth = 2_000
    nested = b"".join(b"%d 0 obj (" % number for number in range(4, 4 + depth))

    assert refusal(hostile.nested(nested + b")" * depth, depth)) == "pdf-too-complex"


def test_a_file_of_millions_of_values_is_not_read_to_its_end() -> None:
    large = dict.fromkeys(range(4, 904), b"[" + b"1 " * 5_000 + b"]")
    assert refusal(hostile.with_rows(large, [])) == "pdf-too-complex"


def test_an_object_stream_that_unpacks_to_a_hundred_times_the_file_is_refused() -> None:
    large = b"[" + (b"[" + b"1 " * 5_000 + b"]") * 60 + b"]"
    assert refusal(hostile.in_object_stream(large, catalogue=b"/A 5 0 R")) == "pdf-too-complex"


def test_a_process_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chassis.files.judging._SECONDS", 0.001)

    assert refusal(hostile.pdf()) == "pdf-too-complex"


def test_a_process_that_dies_refuses_its_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")

    assert refusal(hostile.pdf()) == "pdf-too-complex"


def test_what_a_damaged_object_stream_unpacks_to_is_searched() -> None:
    packer = zlib.compressobj()
    packed = packer.compress(b"5 0 << /S /JavaScript /JS (a) >>" + bytes(range(256)))
    packed += packer.flush(zlib.Z_SYNC_FLUSH)
    hidden = b"\n98 0 obj\n<< /Type /ObjStm /N 1 /First 4 >>\nstream\n%s\nendstream\nendobj\n"

    assert refusal(hostile.pdf() + hidden % (packed + b"\xff" * 900)) == "pdf-active"


def test_streams_without_an_end_are_searched_in_linear_time() -> None:
    assert refusal(b"%PDF-1.7\n" + b"stream\n" * 1_000_000) == "pdf-too-complex"
