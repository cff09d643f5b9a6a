"""The chassis' context and call, with this service's settings and resources in their types."""

from chassis import call
from chassis.core import context
from tenders.resources import Resources
from tenders.settings import Settings

Context = context.Context[Settings, Resources]
Call = call.Call[Settings, Resources]
