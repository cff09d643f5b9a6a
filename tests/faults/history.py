"""The history of a run: every call before and after, every fault, in the order in which the harness saw them."""

import json
import threading
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

Kind = Literal["invoke", "ok", "fail", "unknown", "fault", "healed"]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """`marker` is the client's own number of the call, which the product keeps with what the call does.

    ok: it was answered. fail: it was refused, nothing was changed. unknown: either. `about`: the aggregate, if known.
    `at`: seconds since the epoch.
    """

    number: int
    at: float
    who: str
    kind: Kind
    operation: str
    marker: str = ""
    about: str = ""
    detail: dict[str, Any] = field(default_factory=dict)


class History:
    """Grows only. Every entry is a line of `file`, written at once, so that a crash of the harness loses none."""

    def __init__(self, file: Path | None = None) -> None:
        self.entries: list[Entry] = []
        self._lock = threading.Lock()
        self._file = file.open("w", encoding="utf-8", buffering=1) if file else None

    def note(
        self,
        who: str,
        kind: Kind,
        operation: str,
        *,
        marker: str = "",
        about: str = "",
        **detail: Any,
    ) -> Entry:
        with self._lock:
            entry = Entry(
                number=len(self.entries), at=time.time(), who=who, kind=kind,
                operation=operation, marker=marker, about=about, detail=detail,
            )  # fmt: skip
            self.entries.append(entry)
            if self._file is not None:
                self._file.write(json.dumps(asdict(entry), ensure_ascii=False) + "\n")
        return entry

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


def shortest(entries: Iterable[Entry], last: int, about: str) -> list[Entry]:
    """Returns the faults and what concerns an aggregate or marker, of the prefix that ends with number `last`."""
    return [
        entry
        for entry in entries
        if entry.number <= last
        and (entry.kind in ("fault", "healed") or about in (entry.about, entry.marker))
    ]
