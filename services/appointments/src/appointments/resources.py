"""What the code of one process shares: the database and the keyed hashes, for a read before a transaction, and the
press and keys of documents."""

from appointments.settings import Settings
from chassis.data.db import Database
from chassis.data.sealed import Keys
from documents.issuing.resources import Printing


class Resources(Printing):
    """Made once per process, after the fork."""

    answers_module = "appointments.api.papers"

    def __init__(self, database: Database, settings: Settings) -> None:
        super().__init__(database, settings)
        self.database = database
        self.index = Keys.of(settings).index
