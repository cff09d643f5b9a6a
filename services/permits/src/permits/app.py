"""The composition root of the service."""

from chassis.service import Service
from permits import reseal
from permits.settings import Settings

SERVICE = Service(name="permits", package="permits", settings=Settings, commands=[reseal.command])
