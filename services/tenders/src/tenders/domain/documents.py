"""The documents of an offering: links to the platform, and files that the municipality keeps.

Both stand in one list, the links first. A file has an `attachment_id`, and a `url` at which everybody reads the file
once an edition has it.
"""

from collections.abc import Sequence
from typing import Any

Document = dict[str, Any]


def links_of(documents: Sequence[Document]) -> list[Document]:
    """Returns the documents that stand at the platform."""
    return [one for one in documents if "attachment_id" not in one]


def files_of(documents: Sequence[Document]) -> list[Document]:
    """Returns the files that the municipality keeps."""
    return [one for one in documents if "attachment_id" in one]


def names_file(documents: Sequence[Document], attachment_id: str) -> bool:
    """Returns whether a file is among the documents."""
    return any(one["attachment_id"] == attachment_id for one in files_of(documents))
