"""What the operations of one process share to issue documents."""

from functools import cached_property
from typing import TYPE_CHECKING

from documents.issuing.settings import DocumentSettings
from documents.issuing.signing import Signing

if TYPE_CHECKING:
    from chassis.data.db import Database
    from documents.press import Press


class Printing:
    """The keys and the press. Made once per process, after the fork; a service with resources of its own extends it."""

    def __init__(self, _database: "Database", settings: DocumentSettings) -> None:
        self.signing = Signing(settings.keyrings()["document_key"], settings.documents_base)

    @cached_property
    def press(self) -> "Press":
        """Prints documents. Loaded when the first is asked for: `work` prints none, and the compiler is 80 MB."""
        from documents.press import Press

        return Press()
