"""The chassis' context and call, with this service's settings and resources in their types."""

from appointments.resources import Resources
from appointments.settings import Settings
from chassis import call
from chassis.core import context

Context = context.Context[Settings, Resources]
Call = call.Call[Settings, Resources]
