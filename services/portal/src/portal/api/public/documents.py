"""The check of a printed document without a camera: the address below its code, or the characters of the document."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import flask

from pages.forms import NO_FAULTS, Faults, FieldFault
from pages.site import Visit
from portal.api.asking import ServiceProblem, run_at_once
from portal.api.public.asking import read_publicly
from portal.api.public.forms import keep_cookie
from portal.domain.document_codes import document_id_of
from portal.domain.inputs import read_input
from portal.outside.services import Reply

VERIFY = "/verify"
# Each of these services issues documents. No one else knows which service issued a document.
_ISSUERS = ("licences", "permits", "health-certs", "transactions", "appointments")
_NOT_FOUND, _BUSY = 404, 429


def show_form(visit: Visit) -> flask.Response:
    """GET /verify: explains the code, and takes it."""
    return _show(visit)


def submit_code(visit: Visit) -> flask.Response:
    """POST /verify: answers with the document's state today. The code comes by POST, so it stands in no log."""
    typed = read_input(visit.form, "code")
    document_id = document_id_of(typed)
    if document_id is None:
        faults = Faults([FieldFault("code", visit.text("verify_no_code"))])
        return _show(visit, typed=typed, faults=faults, status=400)
    replies = _ask_issuers(visit, document_id)
    known = [one for one in replies if one is not None]
    found = next((one.document for one in known if not one.is_problem), None)
    if found is not None:
        return _show_answer(visit, found)
    busy = next((one for one in known if one.status == _BUSY), None)
    if busy is not None:
        raise ServiceProblem(busy)
    if len(known) < len(replies) or any(one.status != _NOT_FOUND for one in known):
        return _show(visit, typed=typed, is_away=True, status=503)
    return _show(visit, typed=typed, is_unknown=True, status=404)


def _ask_issuers(visit: Visit, document_id: str) -> Sequence[Reply | None]:
    """Asks all services at once; None for a service that's away."""
    path = f"/v1/public/documents/{document_id}"
    return run_at_once([partial(read_publicly, visit, service, path) for service in _ISSUERS])


def _show_answer(visit: Visit, found: Mapping[str, Any]) -> flask.Response:
    printed = found.get("also_printed", [])  # a service of the version before doesn't name it
    return _with_toggle(
        visit,
        "verify_answer.html",
        document=found["document"],
        is_valid=found["valid"],
        state_today=found["state_today_title"],
        rows=[(one["label"], one["value"]) for one in printed],
    )


def _show(
    visit: Visit,
    *,
    typed: str = "",
    faults: Faults = NO_FAULTS,
    is_away: bool = False,
    is_unknown: bool = False,
    status: int = 200,
) -> flask.Response:
    shown = {"typed": typed, "faults": faults, "is_away": is_away, "is_unknown": is_unknown}
    return _with_toggle(visit, "verify.html", status=status, **shown)


def _with_toggle(visit: Visit, template: str, **context: Any) -> flask.Response:
    """Renders a page whose link to the other language leads to the form: an answer has no address of its own."""
    other = "en" if visit.language == "ar" else "ar"
    return keep_cookie(visit, visit.render(template, toggle=f"{VERIFY}?lang={other}", **context))
