"""What the stand-in has accepted, in the order of acceptance, in memory and in a file that is only appended to."""

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Lock
from typing import Any

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
    """`accept` writes before it answers, so that what a sender was told survives a kill."""

    def __init__(self, path: Path | None = None) -> None:
        self._lock = Lock()
        self._rows: list[Row] = []
        self._first: dict[tuple[str, str], Row] = {}
        self._fates: dict[str, str] = {}
        if path is not None and path.exists():
            self._read(path)
        self._file = path.open("a", encoding="utf-8") if path is not None else None

    def accept(
        self, provider: str, reference: str, message: tuple[str, str, str], *, once: bool
    ) -> tuple[Row, bool]:
        """`message`: recipient, sender, text. The row, and whether it's new: with `once` a known reference has its row
        already."""
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
            self._keep(row)
            self._append({"accepted": asdict(row)})
        return row, True

    def told(self, row: Row, fate: str) -> None:
        """The sender has taken the receipt of a row."""
        with self._lock:
            self._fates[row.message_id] = fate
            self._append({"told": row.message_id, "fate": fate})

    def find(self, provider: str, reference: str) -> tuple[Row, str] | None:
        """The first row of a reference and its fate so far."""
        with self._lock:
            row = self._first.get((provider, reference))
            return (row, self._fates.get(row.message_id, "sent")) if row else None

    def rows(self) -> list[Row]:
        """All rows, oldest first."""
        with self._lock:
            return list(self._rows)

    def untold(self) -> list[Row]:
        """Rows whose receipt the sender hasn't taken: what a killed stand-in still owed."""
        with self._lock:
            return [row for row in self._rows if row.message_id not in self._fates]

    def close(self) -> None:
        """Closes the file."""
        if self._file is not None:
            self._file.close()

    def _keep(self, row: Row) -> None:
        self._rows.append(row)
        self._first.setdefault((row.provider, row.reference), row)

    def _append(self, entry: dict[str, Any]) -> None:
        if self._file is not None and not self._file.closed:
            self._file.write(json.dumps(entry, ensure_ascii=False) + "\n")
            self._file.flush()

    def _read(self, path: Path) -> None:
        text = path.read_text("utf-8")
        if text and not text.endswith(
            "\n"
        ):  # a kill cut the last line off: the next one begins anew
            with path.open("a", encoding="utf-8") as file:
                file.write("\n")
        for line in text.splitlines():
            try:
                entry = json.loads(line)
            except ValueError:  # the line that a kill cut off: its sender got no answer
                continue
            if "accepted" in entry:
                self._keep(Row(**entry["accepted"]))
            else:
                self._fates[entry["told"]] = entry["fate"]
