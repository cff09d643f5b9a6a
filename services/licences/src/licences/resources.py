"""What the code of one process shares: attachments, the press and keys of documents, and the outside bodies."""

from chassis.data.db import Database
from chassis.files.attachments import Files
from documents.issuing.resources import Printing
from licences.outside import HttpBodies, OutsideBodies, set_bodies_configured
from licences.settings import Settings


class Resources(Printing):
    """Made once per process, after the fork. Without an address no outside body is asked."""

    answers_module = "licences.api.signed_documents"

    def __init__(self, database: Database, settings: Settings) -> None:
        super().__init__(database, settings)
        self.files = Files.of(settings)
        self.bodies: OutsideBodies | None = (
            HttpBodies(settings) if settings.outside_bodies_url else None
        )
        set_bodies_configured(database, configured=self.bodies is not None)
