"""How a page asks the services of its task and changes something there: with the person's own token, in the page's
language."""

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from typing import Any

from chassis.http.problems import Problem
from pages.site import Visit
from portal.api.service_tokens import access_of, fetch_token
from portal.domain import permit_search
from portal.outside.bound_tokens import BoundToken
from portal.outside.issuer import IssuerAway, SignInRefused
from portal.outside.services import AskedService, Reply, ServiceAway, TokenRefused

_MOST_AT_ONCE = 4  # a person holds no more connections to the services at once
_PERMITS, _SEARCHES = "/v1/building-permits", "/v1/building-permit-searches"


def ask(
    visit: Visit, path: str, query: Mapping[str, Any] | None = None, *, service: str | None = None
) -> Reply:
    """Asks a service of the task by GET; without `service`, the page's service. Raises ServiceAway and TokenRefused."""
    asked = service_of(visit, service)
    return asked.get(token_of(visit, service), path, visit.language, query)


@dataclass(frozen=True)
class Question:
    """What is asked of a service of the task by GET."""

    service: str
    path: str
    query: Mapping[str, Any]


def ask_at_once(visit: Visit, questions: Sequence[Question]) -> list[Reply | None]:
    """Asks at the same time, so that the page waits for the slowest service and not for all of them in turn. Returns
    the answers in the order of the questions; None for a service that's away. Raises TokenRefused."""
    tokens = [_token_if_there(visit, one.service) for one in questions]

    def answer(question: Question, token: BoundToken | None) -> Reply | None:
        if token is None:
            return None
        service = service_of(visit, question.service)
        return service.get(token, question.path, visit.language, question.query)

    return run_at_once(
        [
            partial(answer, question, token)
            for question, token in zip(questions, tokens, strict=True)
        ]
    )


def run_at_once(questions: Sequence[Callable[[], Reply | None]]) -> list[Reply | None]:
    """Runs questions to services at the same time, each in the request's context. Returns the answers in the order of
    the questions; None for a service that's away."""

    def answer(ask_service: Callable[[], Reply | None]) -> Reply | None:
        try:
            return ask_service()
        except ServiceAway:
            return None

    with ThreadPoolExecutor(_MOST_AT_ONCE) as threads:
        asked = [threads.submit(copy_context().run, answer, question) for question in questions]
        return [one.result() for one in asked]


def _token_if_there(visit: Visit, service: str) -> BoundToken | None:
    """Returns a token for a service; None while identity is away. Raises TokenRefused."""
    try:
        return token_of(visit, service)
    except ServiceAway:
        return None


def ask_for_permits(
    visit: Visit, search: Mapping[str, str], *, limit: int, cursor: str | None = None
) -> Reply:
    """Asks for a page of permits: an owner's by POST, all others by GET. Raises ServiceAway and TokenRefused."""
    page: dict[str, Any] = {"limit": limit, **({"cursor": cursor} if cursor else {})}
    if permit_search.is_for_owner(search):
        body = {**permit_search.gateway_search(search), **page}
        return post(visit, _SEARCHES, body)
    return ask(visit, _PERMITS, {**permit_search.gateway_query(search), **page})


def post(
    visit: Visit,
    path: str,
    body: Mapping[str, Any],
    *,
    service: str | None = None,
    once: str | None = None,
    version: int | None = None,
) -> Reply:
    """Changes something by POST at a service of the task; without `service`, at the page's service. `once`: the key
    under which the service carries a form out once; an empty key counts as none. `version`: what the person has read.
    Raises ServiceAway and TokenRefused."""
    asked = service_of(visit, service)
    return asked.post(
        token_of(visit, service),
        path,
        visit.language,
        body,
        once=_key_of(once or "") or None,
        version=version,
    )


def put(
    visit: Visit,
    path: str,
    body: Mapping[str, Any],
    *,
    once: str | None = None,
    version: int | None = None,
) -> Reply:
    """Changes something at the page's service by PUT; `once` and `version` as of a POST. Raises ServiceAway and
    TokenRefused."""
    return service_of(visit).put(
        token_of(visit),
        path,
        visit.language,
        body,
        once=_key_of(once or "") or None,
        version=version,
    )


def post_lines(visit: Visit, path: str, lines: Sequence[Any], *, once: str) -> Reply:
    """Sends lines to the page's service; `once` as of a POST. Raises ServiceAway and TokenRefused."""
    return service_of(visit).post_lines(
        token_of(visit), path, visit.language, lines, once=_key_of(once)
    )


def _key_of(once: str) -> str:
    """Returns the key of a form. Raises Problem for a key that no page of ours made: a header can't have it."""
    if not (once.isascii() and once.isprintable()):
        raise Problem("invalid-request")
    return once


def answer_of(
    visit: Visit, path: str, query: Mapping[str, Any] | None = None, *, service: str | None = None
) -> Any:
    """Returns the answer's document, for a page that stands without the service too. Raises ServiceProblem,
    ServiceAway and TokenRefused."""
    reply = ask(visit, path, query, service=service)
    if reply.is_problem:
        raise ServiceProblem(reply)
    return reply.document


def answer_or_problem(
    visit: Visit, path: str, query: Mapping[str, Any] | None = None, *, service: str | None = None
) -> Any:
    """Returns the answer's document, for a page that can't do without. Raises Problem and TokenRefused."""
    try:
        return answer_of(visit, path, query, service=service)
    except ServiceAway:
        raise Problem("service-away") from None


def answer_if_shown(visit: Visit, path: str, *, hidden: Collection[int]) -> Any | None:
    """Returns the answer's document; None for a thing that the service hides from the person, which it says with a
    status of `hidden`. Raises Problem and TokenRefused."""
    try:
        reply = ask(visit, path)
    except ServiceAway:
        raise Problem("service-away") from None
    if reply.status in hidden:
        return None
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


def service_of(visit: Visit, service: str | None = None) -> AskedService:
    """Returns a service of the visitor's task; without `service`, the page's service."""
    return access_of(visit, visit.known.area).services[service or visit.known.service]


def token_of(visit: Visit, service: str | None = None) -> BoundToken:
    """Returns the visitor's token for a service, bound to its key; without `service`, for the page's service.

    A token that's missing or worn out comes by exchange. Raises ServiceAway while identity is away, and TokenRefused
    when the person has to sign in anew.
    """
    name = service or visit.known.service
    if not visit.known.has_token(name, visit.now):
        try:
            fetch_token(visit, name)
        except IssuerAway as error:
            raise ServiceAway(str(error)) from None
        except SignInRefused:
            raise TokenRefused from None
    return BoundToken(visit.known.tokens[name].token, visit.known.key)
