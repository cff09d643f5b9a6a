"""PDF files that only show something: none that is encrypted, runs anything, or carries other files.

Two looks, since viewers differ in what they find. The file is read as its cross-references say (pypdf), object by
object, those within object streams too. And its bytes are searched for what no cross-reference names and a lenient
viewer would still find (chassis.files.pdf_bytes). Call it through chassis.files.judging: it's work for a parser that
somebody hostile feeds.
"""

import re
from collections.abc import Iterator
from typing import Any

from pypdf import PdfReader, apply_configuration
from pypdf.generic import ArrayObject, ByteStringObject, DictionaryObject, IndirectObject

from chassis.files import pdf_bytes
from chassis.files.metered import MeteredFile
from chassis.files.unacceptable import Unacceptable

MOST_OBJECTS = 8_000
_MOST_UNPACKED = 4_000_000
_DEEPEST = 60
# Actions that do more than move within the document or open a page of the web when it's clicked.
_ACTIONS = {
    *("/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/GoToE", "/GoToR", "/Rendition"),
    *("/Movie", "/Sound", "/RichMediaExecute", "/GoTo3DView"),
}
_SCRIPTS = {"/JS", "/JavaScript", "/XFA", "/AA"}
_FILES = {"/EF", "/EmbeddedFiles", "/RichMediaContent", "/RichMediaSettings", "/AF"}
_TYPES = {"/EmbeddedFile", "/RichMedia", "/Screen", "/3D"}
_HEADER = re.compile(rb"[\s\0]{0,20}(\d{1,10})[\s\0]+(\d{1,5})[\s\0]+obj")
# Viewers and browsers overlook what's beneath a space, at any place of an address.
_OVERLOOKED = re.compile(r"[\x00-\x20]+")
_SCHEMES = ("javascript:", "vbscript:", "file:", "data:")


def judge(content: bytes) -> None:
    """Raises Unacceptable: `pdf-encrypted`, `pdf-active`, `pdf-embedded`, `pdf-too-complex`, `file-damaged`."""
    stream = MeteredFile(content)
    try:
        pdf_bytes.search(content)
        with apply_configuration(
            zlib_maximum_output_length=_MOST_UNPACKED,
            stream_decoding_work_maximum_length=_MOST_UNPACKED,
        ):
            reader = PdfReader(stream, xref_stream_maximum_entries=MOST_OBJECTS)
            _walk(reader, content)
    except Unacceptable:
        raise
    except MemoryError as error:
        raise Unacceptable("pdf-too-complex") from error
    except Exception as error:  # what pypdf makes of damage are errors of every kind
        stream.require_rest()
        raise Unacceptable("file-damaged") from error
    stream.require_rest()


def _walk(reader: PdfReader, content: bytes) -> None:
    """Looks at each object that the cross-references name."""
    if reader.is_encrypted:
        raise Unacceptable("pdf-encrypted")
    places = list(_places(reader))
    numbers = {(number, generation) for number, generation, _ in places}
    numbers |= {(number, 0) for number in reader.xref_objStm}
    if len(numbers) > MOST_OBJECTS:
        raise Unacceptable("pdf-too-complex")
    _require_own_places(places, content)
    _require_packed(reader)
    if not reader.pages:
        raise Unacceptable("file-damaged")
    _judge(reader.trailer)
    for number, generation in numbers:
        _judge(reader.get_object(IndirectObject(number, generation, reader)))


def _places(reader: PdfReader) -> Iterator[tuple[int, int, int]]:
    """Number, generation and offset of the objects outside of object streams."""
    for generation, rows in reader.xref.items():
        free = reader.xref_free_entry.get(generation, {})
        for number, offset in rows.items():
            if not free.get(number, False):
                yield number, generation, offset


def _require_own_places(places: list[tuple[int, int, int]], content: bytes) -> None:
    """Every object stands at a place of its own, under its own number: else one that's large is parsed a thousand
    times, or the whole file searched for each."""
    if len({offset for *_, offset in places}) < len(places):
        raise Unacceptable("file-damaged")
    for number, generation, offset in places:
        header = _HEADER.match(content, offset)
        if header is None or (int(header[1]), int(header[2])) != (number, generation):
            raise Unacceptable("file-damaged")


def _require_packed(reader: PdfReader) -> None:
    """Parses each object stream once; it holds what the cross-references say, or pypdf would parse it anew for every
    mention of an object that it doesn't hold."""
    parsed = set()
    for number, (stream, _) in reader.xref_objStm.items():
        if stream not in parsed:
            parsed.add(stream)
            reader.get_object(IndirectObject(number, 0, reader))
        if reader.cache_get_indirect_object(0, number) is None:
            raise Unacceptable("file-damaged")


def _judge(thing: Any, depth: int = 0) -> None:
    """Refuses a dictionary that does something, at any depth of a direct object."""
    if depth > _DEEPEST:
        raise Unacceptable("file-damaged")
    if isinstance(thing, ArrayObject):
        for one in list.__iter__(thing):
            _judge(one, depth + 1)
    elif isinstance(thing, DictionaryObject):
        _judge_keys(thing)
        for value in dict.values(thing):
            _judge(value, depth + 1)


def _judge_keys(thing: DictionaryObject) -> None:
    keys = set(thing)
    if keys & _SCRIPTS or _word(thing, "/S") in _ACTIONS:
        raise Unacceptable("pdf-active")
    if keys & _FILES or {_word(thing, "/Type"), _word(thing, "/Subtype")} & _TYPES:
        raise Unacceptable("pdf-embedded")
    if any(_address(thing, key).startswith(_SCHEMES) for key in ("/URI", "/Base")):
        raise Unacceptable("pdf-active")
    opening = _resolved(dict.get(thing, "/OpenAction"))
    # Many writers let a document open at its first page: a place, or an action that goes to one.
    if isinstance(opening, DictionaryObject) and _word(opening, "/S") != "/GoTo":
        raise Unacceptable("pdf-active")


def _word(thing: DictionaryObject, key: str) -> str:
    return str(_resolved(dict.get(thing, key)))


def _address(thing: DictionaryObject, key: str) -> str:
    value = _resolved(dict.get(thing, key))
    text = value.decode("latin-1") if isinstance(value, ByteStringObject) else str(value)
    return _OVERLOOKED.sub("", text).lower()


def _resolved(value: Any) -> Any:
    return value.get_object() if isinstance(value, IndirectObject) else value
