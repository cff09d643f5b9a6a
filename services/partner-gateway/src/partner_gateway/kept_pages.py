"""Pages that this worker has read and opened before. Whoever asks again has the database say whether one still holds.

What HTTP calls revalidation: the database answers with the page's validator, and only when that's another one is the
page itself read again. So an answer is as new as it would be without, and documents are read and opened once.
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import date
from threading import Lock

from chassis.pipeline import Statement

MIB = 1_048_576
# A smaller page is read as soon as it's validated.
LEAST_BYTES = 8_192


@dataclass(frozen=True)
class Position:
    """The last row of a page, in the order (issued_on, permit_id)."""

    issued_on: date
    permit_id: str

    def __str__(self) -> str:
        return f"{self.issued_on.isoformat()}{self.permit_id}"

    @classmethod
    def parse(cls, position: str) -> "Position":
        return cls(date.fromisoformat(position[:10]), position[10:])


@dataclass(frozen=True)
class Page:
    """JSON documents of a page, joined by commas, the ids in them, and where it ended when there's more.

    `validator` is another one as soon as a row of it, or the row behind it, is another one or in another state.
    """

    documents: bytes
    permit_ids: tuple[str, ...]
    end: Position | None
    validator: bytes


class KeptPages:
    """The pages that were asked for last, by reader and by the statement that reads them; up to `mib` of documents,
    none with 0. For several threads."""

    def __init__(self, mib: int) -> None:
        self._most = mib * MIB
        self._pages: OrderedDict[tuple[str, Statement], Page] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def get(self, reader: str, statement: Statement) -> Page | None:
        """The page as it was when it was kept."""
        key = (reader, statement)
        with self._lock:
            page = self._pages.get(key)
            if page is not None:
                self._pages.move_to_end(key)
        return page

    def keep(self, reader: str, statement: Statement, page: Page) -> None:
        """Keeps a page that's worth it, instead of those that weren't asked for the longest."""
        if len(page.documents) < LEAST_BYTES:
            return
        with self._lock:
            self._forget(self._pages.pop((reader, statement), None))
            self._pages[reader, statement] = page
            self._bytes += len(page.documents)
            while self._bytes > self._most:
                self._forget(self._pages.popitem(last=False)[1])

    def _forget(self, page: Page | None) -> None:
        if page is not None:
            self._bytes -= len(page.documents)
