"""What the code of one process shares: the attachments, the outside bodies, the press and the keys of
documents."""

from functools import cached_property
from typing import TYPE_CHECKING

from chassis.data.db import Database
from chassis.files.attachments import Files
from licences.outside import Bodies, HttpBodies
from licences.settings import Settings
from licences.signing import Signing

if TYPE_CHECKING:
    from documents.press import Press


class Resources:
    """Made once per process, after the fork. Without an address nobody outside is asked."""

    def __init__(self, _database: Database, settings: Settings) -> None:
        self.files = Files.of(settings)
        self.bodies: Bodies | None = HttpBodies(settings) if settings.outside_bodies_url else None
        self.signing = Signing(settings)

    @cached_property
    def press(self) -> "Press":
        """Prints documents. Loaded when the first is asked for: `work` prints none, and the compiler is 80 MB."""
        from documents.press import Press

        return Press()

    @property
    def asks(self) -> bool:
        """Whether there's anybody to ask."""
        return self.bodies is not None
