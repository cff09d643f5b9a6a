"""A file in memory that stops a parser which reads the same bytes over and over."""

from io import BytesIO
from typing import Any

from chassis.files.unacceptable import Unacceptable

# Parsers read by single bytes: an object takes them a hundred reads, a second half a million.
MOST_READS = 2_000_000
# Honest files are read one to four times over.
_TIMES = 12
_SMALL = 100_000


class MeteredFile(BytesIO):
    """Reading raises Unacceptable, `pdf-too-complex`, from then on when the budget is spent: one of reads, and one of
    bytes, which is a small multiple of the file's size."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self._bytes = _TIMES * len(content) + _SMALL
        self._reads = MOST_READS

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self._charge(len(data))
        return data

    def getbuffer(self) -> Any:
        """Returns what pypdf searches the whole file by."""
        view = super().getbuffer()
        self._charge(len(view))
        return view

    def require_rest(self) -> None:
        """Raises Unacceptable when the budget is spent: a parser may have taken that for damage, and gone on."""
        if self._bytes < 0 or self._reads < 0:
            raise Unacceptable("pdf-too-complex")

    def _charge(self, size: int) -> None:
        self._bytes -= size
        self._reads -= 1
        if self._bytes < 0 or self._reads < 0:
            raise Unacceptable("pdf-too-complex")
