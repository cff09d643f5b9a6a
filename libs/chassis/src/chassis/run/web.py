"""A web process: the application, and the lane of a service that has fast operations."""

from typing import Any, NamedTuple

from chassis.access.auth import Jwks
from chassis.http import app
from chassis.process import Process


class Web(NamedTuple):
    """`lane` (chassis.fast.lane) is None for most services."""

    app: app.App
    lane: Any


def build(process: Process[Any, Any], jwks: Jwks | None = None) -> Web:
    """Builds the web application of a process. Nothing happens at import, everything here."""
    if not process.service.fast:
        return Web(app.build(process, jwks), None)
    from chassis.fast import app as fast

    return Web(*fast.build(process, jwks))
