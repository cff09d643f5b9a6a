"""A violation as its offender reads it, with its pictures, and the objection."""

from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import flask

from pages import marks
from pages.forms import NO_FAULTS, Faults
from pages.site import Visit
from portal.api import saved_forms
from portal.api.asking import answer_or_problem, post
from portal.api.files import require_id, send_file_of
from portal.api.my.licences.asking import (
    VIOLATIONS,
    send_files,
)
from portal.api.my.licences.overview import done_at_licences
from portal.api.saved_forms import LOST_FILE, FormPage
from portal.domain.inputs import read_inputs
from saudi.days import legal_day

_MINE = "/v1/my/violations"
_UNDER_DECISION = ("objected", "judicial")
_INPUTS = ("reasons", "attached", "key")


def show_violation(visit: Visit, violation_id: UUID) -> flask.Response:
    """GET /my/licences/violations/{id}: what the inspector found, the fine, and the days that are left to object."""
    path = f"{_MINE}/{violation_id}"
    violation = answer_or_problem(visit, path)
    return visit.render(
        "my_violation.html",
        done=_done_of(visit, violation["status"]),
        violation=violation,
        bill_words=_bill_words(visit, violation),
        days_left=_days_left(visit, violation["object_until"]),
        files=answer_or_problem(visit, f"{path}/files")["items"],
        address=f"{VIOLATIONS}/{violation_id}",
    )


def _done_of(visit: Visit, status: str) -> str | None:
    """Returns what was done just now. Nobody pays before the decision, so a decided objection isn't told as filed."""
    done = done_at_licences(visit)
    return None if done == "objected" and status != "objected" else done


def _bill_words(visit: Visit, violation: Mapping[str, Any]) -> str | None:
    """Returns why there's no bill to pay, although the violation has a fine; None while a bill is there or comes."""
    if violation["bill"] is not None:
        return None
    withdrawn = violation.get("withdrawn_bill")
    if violation["status"] in _UNDER_DECISION:
        if withdrawn is None:
            return visit.text("my_violation_no_bill")
        return visit.text("my_violation_bill_waits", number=marks.code(withdrawn["bill_number"]))
    if violation["status"] == "cancelled" and withdrawn is not None:
        return visit.text("my_violation_bill_ended", number=marks.code(withdrawn["bill_number"]))
    return None


def _days_left(visit: Visit, until: str | None) -> int | None:
    """Returns the days up to the last day, today included; None where there is no term, or it's over."""
    if until is None:
        return None
    days = (date.fromisoformat(until) - legal_day(visit.now)).days + 1
    return days if days > 0 else None


def show_file(visit: Visit, violation_id: UUID, attachment_id: UUID) -> flask.Response:
    """GET /my/licences/violations/{id}/files/{id}."""
    path = f"{_MINE}/{violation_id}/files/{attachment_id}"
    return send_file_of(visit, path, f"violation-{attachment_id}")


def show_objection(visit: Visit, violation_id: UUID) -> flask.Response:
    """GET /my/licences/violations/{id}/objection."""
    kept = saved_forms.restore(visit)
    typed = kept or {"reasons": "", "attached": "", "key": str(uuid4())}
    return _show(
        visit, violation_id, typed, was_kept=kept is not None, lost_file=LOST_FILE in (kept or ())
    )


def submit_objection(visit: Visit) -> flask.Response:
    """POST /my/licences/objections: sends the files at once, so that no fault elsewhere in the form loses them, then
    the objection. The path names no violation, because it takes more bytes than other forms."""
    violation_id = require_id(visit.form.get("violation_id", ""))
    typed = read_inputs(visit.form, _INPUTS)
    shown_at = f"{VIOLATIONS}/{violation_id}"
    page = FormPage(
        address=f"{shown_at}/objection",
        show=partial(_show, visit, violation_id),
        input_of=_input_of,
        saved_at=shown_at,
    )
    waiting = [file for file in flask.request.files.getlist("files") if file.filename]

    def steps() -> flask.Response:
        ids, faults = send_files(visit)
        waiting.clear()
        typed["attached"] = " ".join([*typed["attached"].split(), *ids])
        if faults or "attach" in visit.form:
            return _show(
                visit, violation_id, typed, faults=Faults(faults), status=400 if faults else 200
            )
        reply = post(visit, f"{_MINE}/{violation_id}/objection", _body_of(typed), once=typed["key"])
        if reply.is_problem:
            shown = saved_forms.drop_refused_files(typed, reply, field="files", kept_in="attached")
            return saved_forms.show_refusal(visit, page, shown, reply)
        return visit.see_other(f"{shown_at}?done=objected")

    return saved_forms.run_steps(visit, page, typed, steps, has_file=lambda: bool(waiting))


def _input_of(path: str) -> str:
    return path if path == "reasons" else "files" if "files" in path else ""


def _body_of(typed: Mapping[str, str]) -> dict[str, Any]:
    files = typed["attached"].split()
    return {"reasons": typed["reasons"], **({"files": files} if files else {})}


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
