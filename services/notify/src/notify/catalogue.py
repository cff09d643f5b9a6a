"""What the system ships: the wordings of the municipality's own texts, read from `notify/wordings/*.yaml`."""

from importlib.resources import files
from typing import Any

import yaml


def read_wordings() -> dict[str, dict[str, Any]]:
    """Returns the shipped templates by name: `title`, `kind`, `when_unsure`, `expires_seconds`, and `text` by
    language. Raises ValueError for a name that stands in two files."""
    found: dict[str, dict[str, Any]] = {}
    for file in sorted((files("notify") / "wordings").iterdir(), key=lambda one: one.name):
        if file.name.endswith(".yaml"):
            read = yaml.safe_load(file.read_text("utf-8"))
            if twice := found.keys() & read.keys():
                raise ValueError(f"{file.name}: {', '.join(sorted(twice))} stands in another file")
            found |= read
    return found
