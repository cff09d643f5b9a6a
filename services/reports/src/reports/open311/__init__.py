"""GeoReport v2 at /open311/v2: its documents, its errors, its keys, and what it reads."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chassis.access.auth import Caller
    from chassis.http.problems import ErrorAnswer, ErrorRequest, Problem

PATH = "/open311/v2"
SCHEME = "open311_key"
# Operations that need no key.
READS = (
    *("read_discovery", "list_services", "get_service_definition", "list_service_requests"),
    *("get_service_request", "get_service_request_id", "list_service_request_updates"),
)


def caller_of(call: Any, presented: str | None) -> "Caller":
    """Returns the holder of the API key. Imports late, because only a web process needs the key."""
    from reports.open311 import keys

    return keys.caller_of(call, presented)


def error(problem: "Problem", asked: "ErrorRequest") -> "ErrorAnswer":
    """Returns an error below the path."""
    from reports.open311.documents import shape

    return shape(problem, asked)
