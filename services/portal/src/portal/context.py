"""The chassis' context and process, with this service's settings and resources in their types."""

from chassis import process
from chassis.core import context
from portal.resources import Resources
from portal.settings import Settings

Context = context.Context[Settings, Resources]
Process = process.Process[Settings, Resources]
