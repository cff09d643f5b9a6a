"""The fields of a form, in the order sent. Werkzeug reads multipart, the standard library the other kind.

What is said here of a form holds for any operation; what its schema says is checked in `contents`.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

from werkzeug.datastructures import Headers
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData

from chassis.core.refusals import Fault
from chassis.core.uploads import Upload
from chassis.http.problems import Problem

URLENCODED, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
MEDIA_TYPES = (URLENCODED, MULTIPART)
MOST_FIELDS = 100
# Limits of a multipart form: the texts together, and the head of one part.
MOST_TEXT_BYTES, MOST_HEAD_BYTES = 262_144, 65_536
_PIECE = 32_768
_LONGEST_BOUNDARY = 70  # RFC 2046 section 5.1.1

Fields = list[tuple[str, str | Upload]]


def media_type(scope: Any) -> tuple[str, dict[str, str]]:
    """Returns the request's media type, in small letters, and its parameters."""
    declared = dict(scope["headers"]).get(b"content-type", b"").decode("latin-1")
    kind, parameters = parse_options_header(declared)
    return kind.strip().lower(), parameters


def is_plain_utf8(scope: Any) -> bool:
    """Returns whether the body is sent as it is, in UTF-8. In any other coding it would be read as something else."""
    coding = dict(scope["headers"]).get(b"content-encoding", b"identity").strip().lower()
    charset = media_type(scope)[1].get("charset", "utf-8").lower()
    return coding in {b"", b"identity"} and charset in {"utf-8", "utf8"}


def fields(scope: Any) -> Fields:
    """Returns the fields of a request's form, read once; none for another media type. Raises Problem."""
    if "chassis.form" not in scope:
        kind, parameters = media_type(scope)
        found: Fields = []
        if kind == URLENCODED:
            found = list(_urlencoded(scope["chassis.body"].read()))
        elif kind == MULTIPART:
            found = list(_multipart(scope["chassis.body"].read(), parameters.get("boundary", "")))
        scope["chassis.form"] = found
    form: Fields = scope["chassis.form"]
    return form


def _urlencoded(raw: bytes) -> Iterator[tuple[str, str]]:
    try:
        text = raw.decode("utf-8")
        if text.count("&") >= MOST_FIELDS:
            raise _too_many()
        yield from parse_qsl(text, keep_blank_values=True, errors="strict")
    except ValueError:
        raise Problem("malformed-body") from None


def _too_many() -> Problem:
    return Problem("invalid-request", errors=[Fault("body", "too-many", {"limit": MOST_FIELDS})])


def _multipart(raw: bytes, boundary: str) -> Iterator[tuple[str, str | Upload]]:
    if not raw:
        return
    if not boundary.isascii() or not 0 < len(boundary) <= _LONGEST_BOUNDARY:
        raise Problem("malformed-body")
    text_bytes = 0
    try:
        for count, (part, content) in enumerate(_parts(raw, boundary.encode()), start=1):
            if not part.name:
                raise Problem("malformed-body")
            if count > MOST_FIELDS:
                raise _too_many()
            if isinstance(part, File):
                yield part.name, Upload(part.filename, _content_type(part.headers), content)
                continue
            text_bytes += len(content)
            if text_bytes > MOST_TEXT_BYTES:
                raise Problem("body-too-large", params={"limit": MOST_TEXT_BYTES})
            yield part.name, content.decode("utf-8")
    except (ValueError, RequestEntityTooLarge):  # the latter for a head that's too long
        raise Problem("malformed-body") from None


def _parts(raw: bytes, boundary: bytes) -> Iterator[tuple[Field | File, bytes]]:
    """Each part with its content. Raises ValueError for a form that is malformed or has no end."""
    decoder = MultipartDecoder(boundary, max_form_memory_size=MOST_HEAD_BYTES + _PIECE)
    part: Field | File | None = None
    pieces: list[bytes] = []
    for event in _events(decoder, raw):
        if isinstance(event, (Field, File)):
            part, pieces = event, []
        elif isinstance(event, Data) and part is not None:
            pieces.append(event.data)
            if not event.more_data:
                yield part, b"".join(pieces)


def _events(decoder: MultipartDecoder, raw: bytes) -> Iterator[Any]:
    """Werkzeug's events. Piece by piece, so that its limit holds for a head and not for the whole form."""
    view, place = memoryview(raw), 0
    while True:
        event = decoder.next_event()
        if isinstance(event, Epilogue):
            return
        if not isinstance(event, NeedData):
            yield event
            continue
        decoder.receive_data(bytes(view[place : place + _PIECE]) if place < len(raw) else None)
        place += _PIECE


def _content_type(headers: Headers) -> str:
    return headers.get("content-type", "").partition(";")[0].strip().lower()
