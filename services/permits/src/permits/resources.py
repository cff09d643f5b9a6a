"""What the code of one process shares: the attachments, the press and the keys of documents."""

from chassis.data.db import Database
from chassis.files.attachments import Files
from documents.issuing.resources import Printing
from permits.settings import Settings


class Resources(Printing):
    """Made once per process, after the fork."""

    answers_module = "permits.api.signed_documents"

    def __init__(self, database: Database, settings: Settings) -> None:
        super().__init__(database, settings)
        self.files = Files.of(settings)
