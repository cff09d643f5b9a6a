"""Errors below /v2 as GOV.UK Notify writes them: `{"status_code": …, "errors": [{"error": …, "message": …}]}`."""

import json
from collections.abc import Iterator
from urllib.parse import parse_qs

from chassis.http.problems import ErrorAnswer, ErrorRequest, Problem
from notify.domain import notifications

# Problem type → the name of the error in Notify's code.
_NAMES = {
    "notify-bad-request": "BadRequestError",
    "notify-validation": "ValidationError",
    "notify-rate-limit": "RateLimitError",
    "notify-day-limit": "TooManyRequestsError",
    "notify-unauthorized": "AuthError",
    "notify-refused": "AuthError",
}
_SENTENCES = {
    "malformed-body": ("BadRequestError", "Invalid JSON supplied in POST data"),
    "unsupported-media-type": ("BadRequestError", "Invalid JSON supplied in POST data"),
    "not-found": ("NoResultFound", "No result found"),
    "internal-error": ("InternalServerError", "Internal server error"),
}


def notify_errors(problem: Problem, asked: ErrorRequest) -> ErrorAnswer:
    """The error of a path below /v2."""
    errors = [{"error": name, "message": said} for name, said in _errors(problem, asked)]
    body = json.dumps({"status_code": problem.status, "errors": errors}, ensure_ascii=False)
    return body.encode(), problem.status, {"Content-Type": "application/json"}


def _errors(problem: Problem, asked: ErrorRequest) -> Iterator[tuple[str, str]]:
    if problem.slug in _NAMES:
        yield _NAMES[problem.slug], str(problem.params["message"])
    elif problem.slug == "invalid-request":
        for said in notifications.validation_errors(_facts(problem, asked)):
            yield "ValidationError", said
    elif problem.slug in _SENTENCES:
        yield _SENTENCES[problem.slug]
    else:
        title = str(problem.document("en")["title"])
        yield title.title().replace(" ", ""), title


def _facts(problem: Problem, asked: ErrorRequest) -> list[notifications.FieldFault]:
    """The fields at fault. A value of the query is named, as Notify does; one of a body may be a person's."""
    sent = parse_qs(asked.query)
    of_template = asked.path.startswith("/v2/template/")
    return [
        notifications.FieldFault(
            "id" if of_template and one.field == "template_id" else one.field,
            one.code,
            one.params,
            sent.get(one.field.partition(".")[0], [""])[0][:60],
        )
        for one in problem.errors
    ]
