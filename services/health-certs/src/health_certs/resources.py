"""What the code of one process shares: attachments, and the press and keys of documents."""

from chassis.data.db import Database
from chassis.files.attachments import Files
from documents.issuing.resources import Printing
from health_certs.settings import Settings


class Resources(Printing):
    """Made once per process, after the fork."""

    answers_module = "health_certs.api.signed_documents"

    def __init__(self, database: Database, settings: Settings) -> None:
        super().__init__(database, settings)
        self.files = Files.of(settings)
