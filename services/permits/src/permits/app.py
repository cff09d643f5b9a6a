"""The composition root of the service."""

from typing import TYPE_CHECKING

from chassis.service import Service
from permits import reseal
from permits.settings import Settings

if TYPE_CHECKING:
    from chassis.app import App
    from chassis.db import Database

SERVICE = Service(name="permits", package="permits", settings=Settings, commands=[reseal.command])


def create_app(settings: Settings, database: "Database | None" = None) -> "App":
    """The web application over the given settings."""
    from chassis.app import build  # a worker has no web stack

    return build(SERVICE, settings, database)
