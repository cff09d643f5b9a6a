"""What the code of one process shares: the database and the keyed hashes, for a read before a transaction, and the
press and keys of documents."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from appointments.settings import Settings
from chassis.data.db import Database
from chassis.data.sealed import Keys
from documents.issuing.resources import Printing

if TYPE_CHECKING:
    from documents.issuing.answers import Answers


class Resources(Printing):
    """Made once per process, after the fork."""

    def __init__(
        self, database: Database, settings: Settings, *, answers: "Callable[[], Answers]"
    ) -> None:
        super().__init__(database, settings, answers=answers)
        self.database = database
        self.index = Keys.of(settings).index
