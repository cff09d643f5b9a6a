"""A violation as its offender reads it, with its pictures, and the objection."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID, uuid4

import flask

from chassis.http.problems import Problem
from pages.forms import NO_FAULTS, Faults
from pages.site import Visit
from portal.api.asking import answer_or_problem
from portal.api.my.licences.asking import (
    VIOLATIONS,
    fetch_file,
    is_token_worn_out,
    keep_and_renew,
    kept_form,
    post,
    send_files,
    send_form,
    with_token,
)
from portal.api.my.licences.overview import done_of
from portal.outside.services import ServiceAway, TokenRefused
from saudi.days import legal_day

_MINE = "/v1/my/violations"
_INPUTS = ("reasons", "attached", "key")
_FILE_LOST = "lost_file"


@with_token
def show_violation(visit: Visit, violation_id: UUID) -> flask.Response:
    """GET /my/licences/violations/{id}: what the inspector found, the fine, and the days that are left to object."""
    path = f"{_MINE}/{violation_id}"
    violation = answer_or_problem(visit, path)
    return visit.render(
        "my_violation.html",
        done=done_of(visit),
        violation=violation,
        days_left=_days_left(visit, violation["object_until"]),
        files=answer_or_problem(visit, f"{path}/files")["items"],
        address=f"{VIOLATIONS}/{violation_id}",
    )


def _days_left(visit: Visit, until: str | None) -> int | None:
    """Returns the days up to the last day, today included; None where there is no term, or it's over."""
    if until is None:
        return None
    days = (date.fromisoformat(until) - legal_day(visit.now)).days + 1
    return days if days > 0 else None


@with_token
def show_file(visit: Visit, violation_id: UUID, attachment_id: UUID) -> flask.Response:
    """GET /my/licences/violations/{id}/files/{id}."""
    path = f"{_MINE}/{violation_id}/files/{attachment_id}"
    return fetch_file(visit, path, f"violation-{attachment_id}")


@with_token
def show_objection(visit: Visit, violation_id: UUID) -> flask.Response:
    """GET /my/licences/violations/{id}/objection."""
    kept = kept_form(visit)
    typed = kept or {"reasons": "", "attached": "", "key": str(uuid4())}
    return _show(
        visit, violation_id, typed, was_kept=kept is not None, lost_file=_FILE_LOST in (kept or ())
    )


def submit_objection(visit: Visit) -> flask.Response:
    """POST /my/licences/objections: sends the files at once, so that no fault elsewhere in the form loses them, then
    the objection. The path names no violation, because it takes more bytes than other forms."""
    violation_id = _require_violation(visit.form.get("violation_id", ""))
    typed = {name: visit.form.get(name, "").replace("\r\n", "\n").strip() for name in _INPUTS}
    address = f"{VIOLATIONS}/{violation_id}/objection"
    if any(file.filename for file in flask.request.files.getlist("files")):
        if is_token_worn_out(visit):
            return keep_and_renew(visit, address, {**typed, _FILE_LOST: "yes"})
        try:
            ids, faults = send_files(visit)
        except TokenRefused:
            return keep_and_renew(visit, address, {**typed, _FILE_LOST: "yes"})
        except ServiceAway:
            return _show(visit, violation_id, typed, is_away=True, status=503)
        typed["attached"] = " ".join([*typed["attached"].split(), *ids])
        if faults:
            return _show(visit, violation_id, typed, faults=Faults(faults), status=400)
    if "attach" in visit.form:
        return _show(visit, violation_id, typed)
    return _send(visit, violation_id, typed, address)


def _require_violation(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Problem("not-found") from None


def _send(
    visit: Visit, violation_id: UUID, typed: Mapping[str, str], address: str
) -> flask.Response:
    files = typed["attached"].split()
    body = {"reasons": typed["reasons"], **({"files": files} if files else {})}
    outcome = send_form(
        visit,
        typed,
        address=address,
        send=lambda: post(visit, f"{_MINE}/{violation_id}/objection", body, once=typed["key"]),
        show=lambda **shown: _show(visit, violation_id, typed, **shown),
        input_of=lambda path: {"reasons": "reasons"}.get(path, "files" if "files" in path else ""),
    )
    if isinstance(outcome, flask.Response):
        return outcome
    return visit.see_other(f"{VIOLATIONS}/{violation_id}?done=objected")


def _show(
    visit: Visit,
    violation_id: UUID,
    typed: Mapping[str, str],
    *,
    faults: Faults = NO_FAULTS,
    is_away: bool = False,
    was_kept: bool = False,
    lost_file: bool = False,
    status: int = 200,
) -> flask.Response:
    """Renders the form with what was typed; it stands alone, so that an absent service loses nothing."""
    return visit.render(
        "my_objection.html",
        status=status,
        violation_id=violation_id,
        typed=typed,
        faults=faults,
        is_away=is_away,
        was_kept=was_kept,
        lost_file=lost_file,
        address=f"{VIOLATIONS}/{violation_id}",
    )
