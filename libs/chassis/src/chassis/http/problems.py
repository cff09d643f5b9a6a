"""RFC 9457 problems in the caller's language, from `contracts/problems/`.

No error leaves the house in another form, but below a path for which the service has a shape of its own (ADR 18).
`work` of some services imports this module, and answers no request: so the functions that need Connexion import it.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import structlog
from starlette.exceptions import HTTPException
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from chassis.core import contracts
from chassis.core.refusals import MOST_FAULTS, Fault, Refusal
from chassis.data.failures import UNEXPECTED
from chassis.data.sqlstate import is_away, is_busy, is_conflict, is_timeout
from chassis.http import texts

if TYPE_CHECKING:
    from connexion.lifecycle import ConnexionRequest, ConnexionResponse

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER = {"Retry-After": "2"}
_BY_STATUS = {
    400: "invalid-request",
    401: "unauthorized",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    406: "not-acceptable",
    413: "body-too-large",
    415: "unsupported-media-type",
}
# An error as it's sent: body, status, headers.
ErrorAnswer = tuple[bytes, int, dict[str, str]]

log = structlog.get_logger(__name__)


class Problem(Exception):
    """A response that isn't a success. `slug` is declared in `contracts/problems/`."""

    def __init__(
        self,
        slug: str,
        *,
        errors: Sequence[Fault] = (),
        code: str | None = None,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        members: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(slug)
        self.slug = slug
        self.errors = tuple(errors[:MOST_FAULTS])
        self.more_errors = len(errors) > MOST_FAULTS
        self.code = code
        self.params = dict(params or {})
        self.members = dict(members or {})
        # The database or the issuer may soon be back: the caller always learns when to try again.
        self.headers = {**(RETRY_AFTER if self.status == 503 else {}), **(headers or {})}

    @property
    def status(self) -> int:
        return int(contracts.problem_types()["types"][self.slug]["status"])

    def document(self, language: str) -> dict[str, Any]:
        """Returns the problem as a JSON object, in `ar` or `en`."""
        types = contracts.problem_types()
        kind = types["types"][self.slug]
        document: dict[str, Any] = {
            "type": types["base"] + self.slug,
            "title": kind[language]["title"],
            "status": kind["status"],
        }
        detail = kind[language].get("detail")
        if self.code:
            document["code"] = self.code
            detail = kind.get("codes", {}).get(self.code, {}).get(language, detail)
        if detail:
            text = self._with_next(texts.fill(detail, self.params, language), language)
            more = kind[language].get("more") if self.more_errors else None
            document["detail"] = f"{text} {more}" if more else text
        if self.errors:
            document["errors"] = [_field_error(error, language) for error in self.errors]
        if self.more_errors:
            document["more_errors"] = True
        return {**document, **self.members}

    def _with_next(self, detail: str, language: str) -> str:
        """Returns the detail, and the possible actions, if the problem type has words for them and the refusal names
        them."""
        words = contracts.problem_types()["types"][self.slug][language].get("next")
        if words and texts.can_fill(words, self.params):
            return f"{detail} {texts.fill(words, self.params, language)}"
        return detail


class ErrorRequest(NamedTuple):
    """What the shape of an error may depend on. `path` and `cookie` as they were sent; `language` is `ar` or `en`, as
    the browser prefers."""

    method: str
    path: str
    query: str
    language: str
    cookie: str = ""


Shapes = Mapping[str, Callable[[Problem, ErrorRequest], ErrorAnswer]]


class Renderer:
    """Makes the answer of a problem: RFC 9457's document, or what the service's shape for the path makes of it."""

    def __init__(self, shapes: Shapes) -> None:
        self._shapes = shapes

    def render(self, problem: Problem, environ: Mapping[str, Any]) -> ErrorAnswer:
        """`environ` is the request's, as WSGI has it."""
        path = environ.get("PATH_INFO", "")
        language = language_of(environ.get("HTTP_ACCEPT_LANGUAGE"))
        headers = {"Vary": "Accept-Language", **problem.headers}
        for prefix, shape in self._shapes.items():
            if path == prefix or path.startswith(f"{prefix}/"):
                asked = ErrorRequest(
                    method=environ.get("REQUEST_METHOD", "GET"),
                    path=path,
                    query=environ.get("QUERY_STRING", ""),
                    language=language,
                    cookie=environ.get("HTTP_COOKIE", ""),
                )
                body, status, own = shape(problem, asked)
                return body, status, {**headers, **own}
        document = json.dumps(problem.document(language), ensure_ascii=False)
        return document.encode(), problem.status, {**headers, "Content-Type": MEDIA_TYPE}


def _field_error(error: Fault, language: str) -> dict[str, str]:
    return {
        "field": error.field,
        "code": error.code,
        "detail": texts.fault_text(error.code, error.params, language),
    }


@lru_cache(maxsize=1024)
def language_of(accept_language: str | None) -> str:
    """`en` when the caller prefers it to Arabic, else `ar`."""
    accepted = parse_accept_header(accept_language, LanguageAccept)
    return str(accepted.best_match(["ar", "en"], default="ar"))


def as_problem(error: Exception) -> Problem:
    """Any exception as a problem. Refusals and some other errors name their problem type by their class."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, Refusal):
        wait = {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}
        return Problem(
            error.problem,
            code=error.code,
            params=error.params,
            errors=error.faults,
            headers=wait,
            members=error.members,
        )
    if slug := _named_problem(error):
        return Problem(slug)
    if is_conflict(error):
        return Problem("conflict")
    if is_away(error) or is_busy(error) or is_timeout(error):
        return Problem("unavailable")
    if isinstance(error, HTTPException):
        return Problem(_BY_STATUS.get(error.status_code, "internal-error"), headers=error.headers)
    from connexion.exceptions import ProblemException

    if isinstance(error, ProblemException):
        return Problem(_BY_STATUS.get(error.status, "invalid-request"))
    return Problem("internal-error")


def _named_problem(error: Exception) -> str | None:
    """Returns the problem type that an error names, though it's no Refusal. Its `code` and `params` are its library's
    own."""
    slug = getattr(error, "problem", None)
    return slug if isinstance(slug, str) and slug in contracts.problem_types()["types"] else None


async def handle_error(request: "ConnexionRequest", error: Exception) -> "ConnexionResponse":
    """Connexion's handler for every exception."""
    from connexion.lifecycle import ConnexionResponse

    problem = as_problem(error)
    if problem.status >= 500:
        # A bug is counted and has a traceback; for a database or issuer that's away the error's name is enough.
        is_bug = problem.slug == "internal-error"
        if is_bug:
            UNEXPECTED.labels("http").inc()
        where = error if is_bug else None
        log.error("http.error", problem=problem.slug, error=type(error).__name__, exc_info=where)
    renderer: Renderer = request.scope["chassis.renderer"]
    body, status, headers = renderer.render(problem, request.scope["chassis.environ"])
    kind = headers.pop("Content-Type")
    return ConnexionResponse(
        status_code=status, mimetype=kind, content_type=kind, body=body, headers=headers
    )
