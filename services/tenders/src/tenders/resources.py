"""What the code of one process shares: the files of tenders and leases."""

from chassis.data.db import Database
from chassis.files.attachments import Files
from tenders.settings import Settings


class Resources:
    """Made once per process, after the fork."""

    def __init__(self, _database: Database, settings: Settings) -> None:
        self.files = Files.of(settings)
