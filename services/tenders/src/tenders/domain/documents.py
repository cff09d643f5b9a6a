"""The documents of an offering: links to the platform, and files that the municipality keeps.

Both stand in one list, the links first. A link has a `url`, a file an `attachment_id`: where the service is reached may
change, so no address of a file is stored.
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
