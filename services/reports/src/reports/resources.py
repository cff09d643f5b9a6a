"""What the code of one process shares: the attachments, and the client for addresses that others name."""

from chassis.core.outgoing import Outgoing
from chassis.data.db import Database
from chassis.files.attachments import Files
from reports.settings import Settings


class Resources:
    """Made once per process, after the fork."""

    def __init__(self, _database: Database, settings: Settings) -> None:
        self.files = Files.of(settings)
        self.outgoing = Outgoing(settings)
