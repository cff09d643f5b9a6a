"""The accepted messages in the order of acceptance, in memory and in a file that survives a kill."""

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Lock

from devstack.append_only_file import AppendOnlyFile
from saudi import sms


@dataclass(frozen=True)
class Row:
    """An accepted message. `reference` is the sender's, `message_id` the provider's."""

    provider: str
    message_id: str
    reference: str
    recipient: str
    sender: str
    text: str
    parts: int
    at: float


class Ledger:
    """Writes before it answers, so what a sender was told survives a kill. Safe between threads."""

    def __init__(self, path: Path | None = None) -> None:
        self._lock = Lock()
        self._rows: list[Row] = []
        self._first: dict[tuple[str, str], Row] = {}
        self._fates: dict[str, str] = {}
        self._file = AppendOnlyFile(path)
        for entry in self._file.entries():
            if "accepted" in entry:
                self._add(Row(**entry["accepted"]))
            else:
                self._fates[entry["told"]] = entry["fate"]

    def accept(
        self, provider: str, reference: str, message: tuple[str, str, str], *, once: bool
    ) -> tuple[Row, bool]:
        """Returns the row of a message (recipient, sender, text), and whether it's new. With `once` a known reference
        keeps its row."""
        recipient, sender, text = message
        with self._lock:
            if once and (known := self._first.get((provider, reference))):
                return known, False
            row = Row(
                provider=provider,
                message_id=f"{provider[0]}{len(self._rows) + 1:07}",
                reference=reference,
                recipient=recipient,
                sender=sender,
                text=text,
                parts=len(sms.message(text).parts),
                at=time.time(),
            )
            self._add(row)
            self._file.append({"accepted": asdict(row)})
        return row, True

    def note_receipt(self, row: Row, fate: str) -> None:
        """Notes that the sender has taken the receipt of a row."""
        with self._lock:
            self._fates[row.message_id] = fate
            self._file.append({"told": row.message_id, "fate": fate})

    def find(self, provider: str, reference: str) -> tuple[Row, str] | None:
        """Returns the first row of a reference and its fate so far."""
        with self._lock:
            row = self._first.get((provider, reference))
            return (row, self._fates.get(row.message_id, "sent")) if row else None

    def rows(self) -> list[Row]:
        """Returns all rows, oldest first."""
        with self._lock:
            return list(self._rows)

    def rows_without_receipt(self) -> list[Row]:
        """Returns the rows whose receipt the sender hasn't taken yet."""
        with self._lock:
            return [row for row in self._rows if row.message_id not in self._fates]

    def close(self) -> None:
        self._file.close()

    def _add(self, row: Row) -> None:
        self._rows.append(row)
        self._first.setdefault((row.provider, row.reference), row)
