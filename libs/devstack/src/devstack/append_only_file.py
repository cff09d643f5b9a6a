"""Keeps entries as lines of JSON in a file that is only appended to, so a kill loses no entry that was answered."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any


class AppendOnlyFile:
    """A file of entries. Without a path nothing is kept."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._file = path.open("a", encoding="utf-8") if path is not None else None

    def entries(self) -> Iterator[Any]:
        """Yields what an earlier process wrote. Leaves out a line that a kill cut off: nobody got an answer."""
        text = self._path.read_text("utf-8") if self._path is not None else ""
        if self._file is not None and text and not text.endswith("\n"):
            self._file.write("\n")  # the next entry begins a line
        for line in text.split("\n"):
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            yield entry

    def append(self, entry: Any) -> None:
        """Writes the entry before it returns. Writes nothing after `close`."""
        if self._file is not None and not self._file.closed:
            self._file.write(json.dumps(entry, ensure_ascii=False) + "\n")
            self._file.flush()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
