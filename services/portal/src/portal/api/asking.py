"""How a page asks the service of its task: with the person's own token, in the page's language."""

from collections.abc import Mapping
from typing import Any

from requests_oauth2client import DPoPToken

from chassis.http.problems import Problem
from pages.site import Visit
from portal.api.areas import access_of
from portal.domain import permit_search
from portal.outside.issuer import bound_token
from portal.outside.services import AskedService, Reply, ServiceAway

_PERMITS, _SEARCHES = "/v1/building-permits", "/v1/building-permit-searches"
_INSPECTIONS = "/v1/insulation-inspections"


def ask(visit: Visit, path: str, query: Mapping[str, Any] | None = None) -> Reply:
    """Asks by GET. Raises ServiceAway and TokenRefused."""
    return service_of(visit).get(token_of(visit), path, visit.language, query)


def ask_for_permits(
    visit: Visit, search: Mapping[str, str], *, limit: int, cursor: str | None = None
) -> Reply:
    """Asks for a page of permits: an owner's by POST, all others by GET. Raises ServiceAway and TokenRefused."""
    page: dict[str, Any] = {"limit": limit, **({"cursor": cursor} if cursor else {})}
    if permit_search.is_for_owner(search):
        body = {**permit_search.gateway_search(search), **page}
        return service_of(visit).post(token_of(visit), _SEARCHES, visit.language, body)
    return ask(visit, _PERMITS, {**permit_search.gateway_query(search), **page})


def enter_inspection(visit: Visit, body: Mapping[str, Any], *, once: str) -> Reply:
    """Enters an inspection; the same key enters it once. Raises ServiceAway and TokenRefused."""
    return service_of(visit).post(token_of(visit), _INSPECTIONS, visit.language, body, once=once)


def answer_or_problem(visit: Visit, path: str, query: Mapping[str, Any] | None = None) -> Any:
    """Returns the answer's document, for a page that can't do without. Raises Problem and TokenRefused."""
    try:
        reply = ask(visit, path, query)
    except ServiceAway:
        raise Problem("service-away") from None
    if reply.is_problem:
        raise ServiceProblem(reply)
    return reply.document


class ServiceProblem(Problem):
    """A refusal of a service, in its own words."""

    def __init__(self, reply: Reply) -> None:
        self._document = dict(reply.document)
        self._status = reply.status
        super().__init__(reply.problem_name)

    @property
    def status(self) -> int:
        return self._status

    def document(self, language: str) -> dict[str, Any]:
        """Returns the problem as the service wrote it, in the language in which the page asked. What is no problem
        document came from something in front of the service."""
        if "title" in self._document:
            return self._document
        return Problem("service-away").document(language)


def service_of(visit: Visit) -> AskedService:
    """Returns the service of the visitor's task."""
    return access_of(visit, visit.known.area).services[visit.known.task.service]


def token_of(visit: Visit) -> DPoPToken:
    """Returns the visitor's token, bound to its key."""
    return bound_token(visit.known.token, visit.known.key)
