"""Pages of the feed for the requests in hand, and the look-out for those that wait."""

import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

from psycopg.pq.abc import PGresult
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from chassis.data.db import Database
from chassis.data.failures import note_failure
from chassis.data.sealing import Sealer
from chassis.data.wakeup import Wakeup
from chassis.fast.batching import Loader
from chassis.fast.pipeline import Pipeline, Statement, parameter
from partner_gateway.feed.changes import PLACED
from partner_gateway.feed.readers import Cursors

DOCUMENT = "feed_event.document"
# The changes behind place $2, and the first and last place that are kept, both at one moment.
_PAGE = """
SELECT head.first, head.last, page.place, page.subject, page.document
FROM feed_head head LEFT JOIN LATERAL (
    SELECT place, coalesce(about, subject) AS subject, document FROM feed_place JOIN feed_event USING (event)
    WHERE audience = $1 AND place > $2 ORDER BY place LIMIT $3
) page ON true WHERE head.audience = $1 ORDER BY page.place
"""
_HEADS = "SELECT audience, last FROM feed_head"
# How often the heads are looked at while changes get places.
_LOOK_SECONDS = 0.02
# So long nobody asks until the thread that looks at the heads ends.
_UNASKED_SECONDS = 5.0


@dataclass(frozen=True)
class Page:
    """JSON documents joined by commas, the ids of the things that they're about, the place of the last of them, and the
    last place that's given."""

    documents: bytes
    subjects: tuple[str, ...]
    end: int
    last: int


class Feed:
    """The feed as the operations of one process read it: pages for all requests in hand in one round trip. `waiting`
    counts each organisation's requests that wait."""

    def __init__(self, database: Database, documents: Sealer, cursors: Cursors) -> None:
        self.cursors = cursors
        self.heads = Heads(database)
        self.waiting: Counter[str] = Counter()
        self._pipeline = Pipeline(database)
        self._sealer = documents
        self._results: Loader[Statement, PGresult] = Loader(self._run)

    async def page(self, audience: str, after: int | None, limit: int) -> Page:
        """Returns the changes behind `after`, oldest first; from the oldest that's kept when `after` is None. Raises
        EventsGone."""
        place = 0 if after is None else after
        values = (parameter(audience), parameter(place), parameter(limit))
        result = await self._results.load(Statement(_PAGE, values))
        if not result.ntuples:
            self.cursors.check(place, 1, 0)
            return Page(b"", (), place, 0)
        first, last = _number(result, 0, 0), _number(result, 0, 1)
        if after is not None:
            self.cursors.check(after, first, last)
        rows = range(result.ntuples if result.get_value(0, 2) is not None else 0)
        sealed = [result.get_value(row, 4) or b"" for row in rows]
        return Page(
            documents=b",".join(self._sealer.unseal_all(sealed, [DOCUMENT.encode()] * len(rows))),
            subjects=tuple((result.get_value(row, 3) or b"").decode() for row in rows),
            end=_number(result, rows[-1], 2) if rows else max(place, first - 1),
            last=last,
        )

    def _run(self, statements: Sequence[Statement]) -> list[PGresult | Exception]:
        try:
            return self._pipeline.run(statements)
        except OperationalError:
            # A connection of the pool had died; a read may be tried again.
            return self._pipeline.run(statements)


def _number(result: PGresult, row: int, column: int) -> int:
    return int.from_bytes(result.get_value(row, column) or b"", "big", signed=True)


class Heads:
    """The last place of each audience, for everybody who waits in this process.

    One thread looks, with one short statement for all of them, and only while somebody asks: when the sequencer wakes
    it, and once a second, because a wake-up may be lost. It keeps a connection of the pool meanwhile.
    """

    def __init__(self, database: Database) -> None:
        self._database, self._pipeline = database, Pipeline(database)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._asked_at = 0.0
        self._last: dict[str, int] = {}

    def is_behind(self, audience: str, place: int) -> bool:
        """Returns whether there's something behind the place."""
        self._asked_at = time.monotonic()
        if not self._is_looking():
            self._start()
        return self._last.get(audience, 0) > place

    def _is_looking(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def _start(self) -> None:
        with self._lock:
            if not self._is_looking():
                self._thread = threading.Thread(target=self._look_on, name="heads", daemon=True)
                self._thread.start()

    def _look_on(self) -> None:
        # Nothing asks the thread to stop: it ends by itself, or with its process.
        never = threading.Event()
        with closing(Wakeup(self._database, PLACED, _LOOK_SECONDS)) as wakeup:
            while True:
                before = self._last
                try:
                    self._last = self._read()
                except SQLAlchemyError as error:
                    # Those who wait are answered at the end of their time.
                    note_failure("heads", error)
                wakeup.pause(never, found_work=self._last != before)
                with self._lock:
                    if time.monotonic() - self._asked_at > _UNASKED_SECONDS:
                        self._thread = None
                        return

    def _read(self) -> dict[str, int]:
        found = self._pipeline.run_one(_HEADS)
        return {
            (found.get_value(row, 0) or b"").decode(): _number(found, row, 1)
            for row in range(found.ntuples)
        }
