"""The bytes of a PDF beside its streams, and within object streams, searched for what does more than show.

No cross-reference has to lead there. Everything is searched that some viewer may take for an object, comments and
texts as well; names with their escapes resolved.
"""

import re
import zlib
from collections.abc import Iterator
from contextlib import suppress

from chassis.files.unacceptable import Unacceptable

# Parsing takes a microsecond a byte, and more; honest object streams are a tenth of what they unpack to at the least.
_MOST_UNPACKED = 4_000_000
_LEAST_UNPACKED = 500_000
_TIMES = 10
# What zlib unpacked before the damage is searched, except for the last of so many bytes.
_PIECE = 16
# So far before a stream its dictionary is looked for.
_HEAD_BYTES = 1_000
_BLANK = rb"(?:[\s\0]|%[^\r\n]*[\r\n])*"
# What is read again for each action before it: bounded, and what is longer counts as an action.
_SHORT_BLANK = rb"(?:[\s\0]|%[^\r\n]{0,99}[\r\n]){0,99}"
_END = rb"(?=[\s\0<>\[\](){}/%]|$)"
_FOUND = (
    ("pdf-active", rb"/(?:JS|JavaScript|XFA|Launch|SubmitForm|ImportData|RichMediaExecute)" + _END),
    ("pdf-embedded", rb"/(?:EmbeddedFiles?|EF|GoToE|RichMedia|RichMediaContent)" + _END),
    ("pdf-encrypted", rb"/Encrypt" + _END),
    # A place in the document, or an action that goes to one, is no harm; a reference leads to what's searched itself.
    ("pdf-active", rb"/OpenAction" + _BLANK + rb"<<(?![^>]{0,300}/S" + _SHORT_BLANK + rb"/GoTo" + _END + rb")"),
    ("pdf-active", rb"/(?:URI|Base)" + _BLANK + rb"\([\0-\x20]*(?i:javascript|vbscript|file|data)[\0-\x20]*:"),
    # The same with escapes in its first letters, or in hexadecimal.
    ("pdf-active", rb"/(?:URI|Base)" + _BLANK + rb"(?:\([^()\\]{0,11}\\|<\s*(?i:[46]a|[57]6|[46]6|[46]4))"),
)  # fmt: skip
_PATTERNS = tuple((code, re.compile(pattern)) for code, pattern in _FOUND)
_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_STREAM_END = re.compile(rb"endstream")
_OBJECT = re.compile(rb"[\s\0\d]obj(?=[\s\0<\[(/%])|trailer")


def search(content: bytes) -> None:
    """Raises Unacceptable: `pdf-active`, `pdf-embedded`, `pdf-encrypted`, `pdf-too-complex`."""
    beside, unpacked, last = [], bytearray(), 0
    most = min(_MOST_UNPACKED, _LEAST_UNPACKED + _TIMES * len(content))
    for start, end, is_plain in _streams(content):
        if is_plain:
            beside.append(content[last:start])
            last = end
        if b"/ObjStm" in _unescape(content[max(0, start - _HEAD_BYTES) : start]):
            _unpack(memoryview(content)[start:end], unpacked, most)
    beside.append(content[last:])
    for text in (b" ".join(beside), bytes(unpacked)):
        plain = _unescape(text)
        for code, pattern in _PATTERNS:
            if pattern.search(plain) is not None:
                raise Unacceptable(code)


class _Next:
    """The next place of a pattern, asked for further and further on: linear for hostile bytes too."""

    def __init__(self, content: bytes, pattern: re.Pattern[bytes]) -> None:
        self._content, self._pattern = content, pattern
        self._at = -1

    def after(self, start: int) -> int:
        """Returns the length of the content when there's none."""
        if self._at < start:
            found = self._pattern.search(self._content, start)
            self._at = found.start() if found else len(self._content)
        return self._at


def _streams(content: bytes) -> Iterator[tuple[int, int, bool]]:
    """Where what may be a stream begins and ends, and whether it holds no object. The word `stream` in a comment or
    in a text begins none: the objects behind it are some viewer's, and are searched."""
    ends, objects, at = _Next(content, _STREAM_END), _Next(content, _OBJECT), 0
    while (word := content.find(b"stream", at)) >= 0:
        at = start = word + len(b"stream")
        if content[max(0, word - 3) : word] == b"end":
            continue
        end = ends.after(start)
        if end == len(content):
            return
        is_plain = objects.after(start) >= end
        yield start, end, is_plain
        if is_plain:
            at = end + len(b"endstream")


def _unescape(text: bytes) -> bytes:
    return _ESCAPE.sub(lambda code: bytes([int(code[1], 16)]), text) if b"#" in text else text


def _unpack(stream: memoryview, unpacked: bytearray, most: int) -> None:
    """Adds what zlib packed; nothing of another stream: then only the cross-references lead to it."""
    begin = next((at for at, byte in enumerate(stream[:4]) if byte not in b"\r\n"), 0)
    unpacker = zlib.decompressobj()
    with suppress(zlib.error):  # damaged from here on: readers see what came before it
        for at in range(begin, len(stream), _PIECE):
            rest = most + 1 - len(unpacked)
            unpacked += unpacker.decompress(stream[at : at + _PIECE], rest)
            if len(unpacked) > most:
                raise Unacceptable("pdf-too-complex")
    unpacked += b" "
