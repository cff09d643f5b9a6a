"""The chassis' context and call, with this service's settings and resources in their types."""

from chassis import call
from chassis.core import context
from health_certs.resources import Resources
from health_certs.settings import Settings

Context = context.Context[Settings, Resources]
Call = call.Call[Settings, Resources]
