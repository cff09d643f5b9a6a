"""What the code of one process shares: the attachments."""

from chassis.data.db import Database
from chassis.files.attachments import Files
from health_certs.settings import Settings


class Resources:
    """Made once per process, after the fork."""

    def __init__(self, _database: Database, settings: Settings) -> None:
        self.files = Files.of(settings)
