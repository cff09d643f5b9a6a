"""What the code of one process shares: attachments, and the press and keys of documents."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from chassis.data.db import Database
from chassis.files.attachments import Files
from documents.issuing.resources import Printing
from transactions.settings import Settings

if TYPE_CHECKING:
    from documents.issuing.answers import Answers


class Resources(Printing):
    """Made once per process, after the fork."""

    def __init__(
        self, database: Database, settings: Settings, *, answers: "Callable[[], Answers]"
    ) -> None:
        super().__init__(database, settings, answers=answers)
        self.files = Files.of(settings)
