"""RFC 9457 problems in the caller's language, from `contracts/problems/`. No error leaves the house in another form."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import structlog
from connexion.exceptions import ProblemException
from connexion.lifecycle import ConnexionRequest, ConnexionResponse
from sqlalchemy.exc import DBAPIError, IntegrityError, TimeoutError
from starlette.exceptions import HTTPException
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from chassis import contracts

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

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class FieldError:
    """A field at fault: where (`owners.0.id_number`), and a code of the `fields` of the problem files."""

    field: str
    code: str
    params: Mapping[str, Any] = dataclasses.field(default_factory=dict)


class Problem(Exception):
    """An answer that isn't a success. `slug` is declared in `contracts/problems/`."""

    def __init__(
        self,
        slug: str,
        *,
        errors: Sequence[FieldError] = (),
        code: str | None = None,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(slug)
        self.slug = slug
        self.errors = tuple(errors)
        self.code = code
        self.params = dict(params or {})
        # Whatever is away may be back: a caller is always told when to look again.
        self.headers = {**(RETRY_AFTER if self.status == 503 else {}), **(headers or {})}

    @property
    def status(self) -> int:
        return int(contracts.problem_types()["types"][self.slug]["status"])

    def document(self, language: str) -> dict[str, Any]:
        """The problem as a JSON object, in `ar` or `en`."""
        types = contracts.problem_types()
        kind = types["types"][self.slug]
        document: dict[str, Any] = {
            "type": types["base"] + self.slug,
            "title": kind[language]["title"],
            "status": kind["status"],
        }
        if detail := kind[language].get("detail"):
            document["detail"] = _fill(detail, self.params)
        if self.code:
            document["code"] = self.code
            if reason := kind.get("codes", {}).get(self.code):
                document["detail"] = _fill(reason[language], self.params)
        if self.errors:
            document["errors"] = [_field_error(error, language) for error in self.errors]
        return document


def _fill(text: str, params: Mapping[str, Any]) -> str:
    return text.format_map(_Blank(params))


class _Blank(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "…"


def _field_error(error: FieldError, language: str) -> dict[str, str]:
    texts = contracts.problem_types()["fields"].get(
        error.code, {"ar": error.code, "en": error.code}
    )
    return {
        "field": error.field,
        "code": error.code,
        "detail": _fill(texts[language], error.params),
    }


@lru_cache(maxsize=1024)
def language_of(accept_language: str | None) -> str:
    """`en` when the caller prefers it to Arabic, else `ar`."""
    accepted = parse_accept_header(accept_language, LanguageAccept)
    return str(accepted.best_match(["ar", "en"], default="ar"))


def as_problem(error: Exception) -> Problem:
    """Any exception as a problem. Errors of a domain name theirs in a class attribute `problem`."""
    if isinstance(error, Problem):
        return error
    if slug := getattr(error, "problem", None):
        return _of_domain(slug, error)
    if isinstance(error, IntegrityError):
        return Problem("conflict")
    if isinstance(error, (DBAPIError, TimeoutError)):
        return Problem("unavailable")
    if isinstance(error, HTTPException):
        return Problem(_BY_STATUS.get(error.status_code, "internal-error"), headers=error.headers)
    if isinstance(error, ProblemException):
        return Problem(_BY_STATUS.get(error.status, "invalid-request"))
    return Problem("internal-error")


def _of_domain(slug: str, error: Any) -> Problem:
    """A rule's error: `code` and `params`, with one `field` at fault, or several `errors` of `field` and `code`."""
    code, params = getattr(error, "code", None), getattr(error, "params", {})
    faults = getattr(error, "errors", ())
    if name := getattr(error, "field", None):
        return Problem(slug, errors=[FieldError(name, code or "invalid", params)], params=params)
    errors = [FieldError(fault.field, fault.code) for fault in faults]
    return Problem(slug, code=code, params=params, errors=errors)


async def answer(request: ConnexionRequest, error: Exception) -> ConnexionResponse:
    """Connexion's handler for every exception."""
    problem = as_problem(error)
    if problem.status >= 500:
        # What is away is named; where the code is only matters when it's the code's fault.
        where = error if problem.slug == "internal-error" else None
        log.error("http.error", problem=problem.slug, error=type(error).__name__, exc_info=where)
    return ConnexionResponse(
        status_code=problem.status,
        mimetype=MEDIA_TYPE,
        content_type=MEDIA_TYPE,
        body=body(problem, request.headers.get("Accept-Language")),
        headers={"Vary": "Accept-Language", **problem.headers},
    )


def body(problem: Problem, accept_language: str | None) -> str:
    """The problem as JSON text."""
    return json.dumps(problem.document(language_of(accept_language)), ensure_ascii=False)
