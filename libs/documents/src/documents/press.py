"""Prints papers: Typst makes a tagged PDF (PDF/UA-1) of the template and of data, which can't become code.

The compiler sees one folder, with the template in it, and one family of fonts from a package: no file of the machine,
no address, no font that another machine doesn't have.
"""

import json
import re
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any, Final

import fontpkg_ibm_plex_sans_arabic as plex
import typst
from fontTools.ttLib import TTFont

from documents.codes import drawing
from documents.papers import Paper
from documents.statements import read

TEMPLATE: Final = Path(__file__).parent / "template" / "paper.typ"
FONTS: Final = plex.ROOT / "files"
WEIGHTS: Final = ("Regular", "SemiBold", "Bold")
UNKNOWN: Final = "?"
_SHOWING_NOTHING: Final = {
    " ",
    "\u00a0",
    *map(chr, (*range(0x200B, 0x2010), *range(0x2066, 0x206A))),
}


class Press:
    """Prints papers. One for a process; it prints one paper at a time, some 20 ms each, after a first of 100 ms.

    Made when it's first used, not before a fork: the compiler has threads.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._compiler: typst.Compiler | None = None

    def print(self, paper: Paper, code: str) -> bytes:
        """Returns the PDF of a paper with the QR code of this text. Raises Unreadable for a text that isn't the code of
        a signed document.

        A letter that the font doesn't have is printed as «?»: without it, a PDF that can be read aloud isn't made.
        """
        address = read(code).address
        data = {**asdict(paper), "made_at": None, "address": address, "qr": drawing(code)}
        inputs = {"data": json.dumps(_printable(data), ensure_ascii=False)}
        with self._lock:
            made = self._ready().compile(
                format="pdf",
                sys_inputs=inputs,
                pdf_standards=["ua-1"],
                timestamp=int(paper.made_at.timestamp()),
            )
        if not isinstance(made, bytes):
            raise TypeError("the compiler made no PDF")
        return made

    def _ready(self) -> typst.Compiler:
        if self._compiler is None:
            fonts = typst.Fonts(
                include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS]
            )
            self._compiler = typst.Compiler(
                TEMPLATE, root=TEMPLATE.parent, font_paths=fonts, ignore_system_fonts=True
            )
        return self._compiler


def _printable(value: Any) -> Any:
    if isinstance(value, str):
        return _letters().sub(UNKNOWN, value)
    if isinstance(value, dict):
        return {name: _printable(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_printable(part) for part in value]
    return value


@lru_cache(maxsize=1)
def _letters() -> re.Pattern[str]:
    """Matches what no weight of the font shows. Marks of direction show nothing and are wanted."""
    known = set.intersection(*(_known(weight) for weight in WEIGHTS))
    shown = {chr(one) for one in known if chr(one).isprintable()} | _SHOWING_NOTHING
    return re.compile(f"[^{''.join(re.escape(letter) for letter in sorted(shown))}]")


def _known(weight: str) -> set[int]:
    with TTFont(FONTS / f"IBMPlexSansArabic-{weight}.ttf", lazy=True) as font:
        return set(font.getBestCmap())
