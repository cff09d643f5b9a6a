"""The chassis' context and call, with this service's settings and resources in their types."""

from appointments.settings import Settings
from chassis import call
from chassis.core import context
from documents.issuing.resources import Printing

Context = context.Context[Settings, Printing]
Call = call.Call[Settings, Printing]
