"""Files as somebody hostile, or a careless program, would send them. Made here: nothing of them is stored."""

import struct
import zlib
from io import BytesIO
from typing import Any

from PIL import Image
from pypdf import PdfWriter
from pypdf.generic import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    NameObject,
    NumberObject,
    TextStringObject,
)

QATIF = (26.556389, 50.011111)


def photo(
    size: tuple[int, int] = (640, 480), kind: str = "JPEG", mode: str = "RGB", **how: Any
) -> bytes:
    """A picture with some detail in it."""
    out = BytesIO()
    image = Image.radial_gradient("L").resize(size).convert(mode)
    image.save(out, kind, **how)
    return out.getvalue()


def located(orientation: int = 6) -> bytes:
    """A photo of 400 × 200 pixels that tells where it was taken, by which device, and which side is up."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x0110] = "TELEPHONE-OF-SOMEBODY"
    exif[0x8825] = {1: "N", 2: (26.0, 33.0, 23.0), 3: "E", 4: (50.0, 0.0, 40.0)}
    return photo((400, 200), exif=exif, comment=b"SECRET-COMMENT")


def many_scans(progressive: bytes, times: int = 200) -> bytes:
    """The same picture, whose first scan is drawn so many times: decoders take it."""
    first = progressive.index(b"\xff\xda")
    tables = progressive.index(b"\xff\xc4", first)
    return progressive[:first] + progressive[first:tables] * times + progressive[tables:]


def bomb(width: int = 60_000, height: int = 60_000) -> bytes:
    """A PNG of some hundred bytes that claims 3.6 gigapixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data))
            + kind
            + data
            + struct.pack(">I", zlib.crc32(kind + data) & 0xFFFFFFFF)
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    packed = zlib.compress(b"\0" * 1_000)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
    )


def pdf(change: Any = None, **how: Any) -> bytes:
    """A PDF of one page; `change(writer)` before it's written."""
    writer = PdfWriter()
    writer.add_blank_page(width=200, height=200)
    if change is not None:
        change(writer)
    out = BytesIO()
    writer.write(out, **how)
    return out.getvalue()


def name(text: str) -> NameObject:
    return NameObject(text)


def dictionary(**entries: Any) -> DictionaryObject:
    return DictionaryObject({name(f"/{key}"): value for key, value in entries.items()})


def script() -> DictionaryObject:
    return dictionary(S=name("/JavaScript"), JS=TextStringObject("app.alert(1)"))


def in_object_stream(text: bytes, *, catalogue: bytes, in_hexadecimal: bool = False) -> bytes:
    """A PDF with cross-reference stream, whose object 5 (`text`) is within a packed object stream."""
    objects = {
        1: b"<< /Type /Catalog /Pages 2 0 R " + catalogue + b" >>",
        2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>",
    }
    inner = b"5 0 " + text
    packed = inner.hex().encode() + b">" if in_hexadecimal else zlib.compress(inner)
    packed_by = b"/ASCIIHexDecode" if in_hexadecimal else b"/FlateDecode"
    head = b"<< /Type /ObjStm /N 1 /First 4 /Filter %s /Length %d >>" % (packed_by, len(packed))
    objects[4] = head + b"\nstream\n" + packed + b"\nendstream"
    out, places = b"%PDF-1.5\n", {}
    for number, content in objects.items():
        places[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    rows = [
        (0, 0, 255),
        *((1, places[number], 0) for number in (1, 2, 3, 4)),
        (2, 4, 0),
        (1, start, 0),
    ]
    table = b"".join(struct.pack(">BIB", *row) for row in rows)
    packed = zlib.compress(table)
    out += (
        b"6 0 obj\n<< /Type /XRef /Size 7 /W [1 4 1] /Root 1 0 R /Filter /FlateDecode /Length %d >>\nstream\n"
        % len(packed)
        + packed
        + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % start
    )
    return out


_PAGES = {
    1: b"<< /Type /Catalog /Pages 2 0 R >>",
    2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>",
}


def with_rows(
    objects: dict[int, bytes], again: list[tuple[int, int]], renumbered: int | None = None
) -> bytes:
    """A PDF with more objects than those of a page; `again`: an object, and how many further rows name its place.
    `renumbered`: what object 4 says its number is."""
    out, places = b"%PDF-1.5\n", []
    for number, content in {**_PAGES, **objects}.items():
        places.append(len(out))
        own = renumbered if renumbered and number == 4 else number
        out += b"%d 0 obj\n%s\nendobj\n" % (own, content)
    for number, times in again:
        places += [places[number - 1]] * times
    return _with_table(out, places)


def nested(objects: bytes, count: int) -> bytes:
    """A PDF whose further objects, 4 and so on, are found where each says its number."""
    out, places = b"%PDF-1.5\n", []
    for number, content in _PAGES.items():
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    places += [len(out) + objects.index(b"%d 0 obj (" % number) for number in range(4, 4 + count)]
    return _with_table(out + objects + b"\nendobj\n", places)


def _with_table(out: bytes, places: list[int]) -> bytes:
    rows = b"".join(b"%010d 00000 n \n" % place for place in places)
    table = b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1) + rows
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\n" % (len(places) + 1)
    return out + table + trailer + b"startxref\n%d\n%%%%EOF\n" % len(out)


def destination(writer: PdfWriter) -> ArrayObject:
    page = writer.pages[0].indirect_reference
    assert page is not None
    return ArrayObject([page, name("/Fit")])


def embedded(writer: PdfWriter) -> None:
    """Without pypdf's own words for it."""
    file = DecodedStreamObject()
    file.set_data(b"MZ")
    stream = writer._add_object(file)
    specification = dictionary(
        Type=name("/Filespec"), F=TextStringObject("a.exe"), EF=dictionary(F=stream)
    )
    writer.root_object[name("/Hidden")] = writer._add_object(specification)


def numbers(*values: int) -> ArrayObject:
    return ArrayObject([NumberObject(value) for value in values])
