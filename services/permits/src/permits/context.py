"""The chassis' context and call, with this service's settings and resources in their types."""

from chassis import call
from chassis.core import context
from documents.issuing.resources import Printing
from permits.settings import Settings

Context = context.Context[Settings, Printing]
Call = call.Call[Settings, Printing]
