"""What the code of one process shares: the attachments, the outside bodies, the press and the keys of
documents."""

from chassis.data.db import Database
from chassis.files.attachments import Files
from documents.issuing.resources import Printing
from licences.outside import Bodies, HttpBodies
from licences.settings import Settings


class Resources(Printing):
    """Made once per process, after the fork. Without an address nobody outside is asked."""

    def __init__(self, database: Database, settings: Settings) -> None:
        super().__init__(database, settings)
        self.files = Files.of(settings)
        self.bodies: Bodies | None = HttpBodies(settings) if settings.outside_bodies_url else None

    @property
    def asks(self) -> bool:
        """Whether there's anybody to ask."""
        return self.bodies is not None
