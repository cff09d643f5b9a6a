"""The chassis' context and call, with this service's settings in their types."""

from chassis import call
from chassis.core import context
from tenders.settings import Settings

Context = context.Context[Settings, None]
Call = call.Call[Settings, None]
