"""What the code of one process shares: attachments, the press and keys of documents, and the outside bodies."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from chassis.data.db import Database
from chassis.files.attachments import Files
from documents.issuing.resources import Printing
from licences.outside import HttpBodies, OutsideBodies, set_bodies_configured
from licences.settings import Settings

if TYPE_CHECKING:
    from documents.issuing.answers import Answers


class Resources(Printing):
    """Made once per process, after the fork. Without an address no outside body is asked."""

    def __init__(
        self, database: Database, settings: Settings, *, answers: "Callable[[], Answers]"
    ) -> None:
        super().__init__(database, settings, answers=answers)
        self.files = Files.of(settings)
        self.bodies: OutsideBodies | None = (
            HttpBodies(settings) if settings.outside_bodies_url else None
        )
        set_bodies_configured(database, configured=self.bodies is not None)
