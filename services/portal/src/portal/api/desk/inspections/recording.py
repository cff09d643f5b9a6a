"""An inspector records a violation: an item of the table, who did it, where, and pictures. The pictures are sent before
the form, so that no fault elsewhere loses them; the form is carried out once for each key."""

from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import flask

from pages import marks
from pages.forms import NO_FAULTS, Faults, FieldFault
from pages.site import Visit
from portal import catalogue
from portal.api import saved_forms
from portal.api.asking import answer_if_shown, answer_or_problem, post
from portal.api.desk.inspections.shops import require_licence_number
from portal.api.desk.inspections.visits import NEW_VIOLATION, PATH, VISIT
from portal.api.desk.licences import views
from portal.api.desk.licences.views import APPLICATION
from portal.api.files import post_uploads, require_id
from portal.api.my.licences.forms import listed_places
from portal.api.places import place_of
from portal.api.saved_forms import LOST_FILE, FormPage
from portal.domain.large_forms import VIOLATION_RECORDS
from portal.domain.licence_desk import HELD, VIOLATIONS
from portal.domain.licence_desk_recording import (
    Typed,
    body_of,
    filled_from_visit,
    input_of,
    read_recording,
)

_ATTACHMENTS, _SERVICE = "/v1/violation-attachments", "/v1/violations"


def show_recording(visit: Visit) -> flask.Response:
    """GET /desk/inspections/violations/new: the form, for the licence or the visit that the address names, or for
    somebody else."""
    kept = saved_forms.restore(visit)
    if kept is not None:
        typed = read_recording(kept)
        return _show(visit, typed, was_kept=True, lost_file=LOST_FILE in kept)
    inspection = _visit_of(visit)
    number = require_licence_number(visit.query.get("licence_no", ""))
    known: Mapping[str, str] = {}
    if inspection is not None:
        is_other = visit.query.get("offender") == "other"
        number = "" if is_other else inspection["licence_no"] or ""
        known = filled_from_visit(
            inspection,
            None if number or is_other else _application_of(visit, inspection),
            listed_places(),
        )
    about = {"licence_no": number, "visit": visit.query.get("visit", "")}
    typed = read_recording({**known, **about, "key": str(uuid4())})
    if number:
        licence = answer_or_problem(visit, f"/v1/licences/{number}")
        place = {name: licence[name] or "" for name in ("municipality", "town", "district")}
        typed = {**typed, **place}
    return _show(visit, typed)


def _visit_of(visit: Visit) -> Mapping[str, Any] | None:
    """Returns the visit that the address names; None without one. Raises Problem."""
    if "visit" not in visit.query:
        return None
    inspection: Mapping[str, Any] = answer_or_problem(
        visit, f"{VISIT.service_path}/{require_id(visit.query['visit'])}"
    )
    return inspection


def _application_of(visit: Visit, inspection: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Returns the application for which the place is visited; None where the service doesn't show one."""
    path = f"{APPLICATION.service_path}/{inspection['application_id']}"
    return answer_if_shown(visit, path, hidden=(404,))


def submit_recording(visit: Visit) -> flask.Response:
    """POST /desk/inspections/violations: records the violation, and leads to its page. The path names no licence,
    because it takes more bytes than other forms."""
    typed = read_recording(visit.form)
    number = typed["licence_no"] = require_licence_number(typed["licence_no"])
    page = FormPage(
        address=NEW_VIOLATION + (f"?licence_no={number}" if number else ""),
        show=partial(_show, visit),
        input_of=partial(input_of, typed=typed),
        saved_at=VIOLATIONS,
    )
    waiting = [file for file in flask.request.files.getlist("files") if file.filename]

    def steps() -> flask.Response:
        faults = _send_pictures(visit, typed)
        waiting.clear()
        if faults or "attach" in visit.form:
            return _show(visit, typed, faults=Faults(faults), status=400 if faults else 200)
        body = body_of(typed, catalogue.municipalities_of_towns())
        reply = post(visit, _SERVICE, body, once=typed["key"])
        if reply.is_problem:
            shown = saved_forms.drop_refused_files(
                typed, reply, field="pictures", kept_in="pictures"
            )
            return saved_forms.show_refusal(visit, page, shown, reply)
        return visit.see_other(f"{VIOLATIONS}/{reply.document['violation_id']}?done=observed")

    return saved_forms.run_steps(visit, page, typed, steps, has_file=lambda: bool(waiting))


def _send_pictures(visit: Visit, typed: Typed) -> list[FieldFault]:
    """Sends the pictures, and adds their ids to the form. Returns why others weren't taken. Raises ServiceAway and
    TokenRefused."""
    ids, faults = post_uploads(visit, _ATTACHMENTS, "files")
    typed["pictures"] = " ".join([*typed["pictures"].split(), *ids])
    return faults


def _show(
    visit: Visit,
    typed: Typed,
    *,
    faults: Faults = NO_FAULTS,
    is_away: bool = False,
    was_kept: bool = False,
    lost_file: bool = False,
    status: int = 200,
) -> flask.Response:
    """Renders the form with what was typed. While the service is away the form stands alone. Raises Problem and
    TokenRefused."""
    number = typed["licence_no"]
    lists = views.lists_of(visit)
    return visit.render(
        "inspection_violation.html",
        status=status,
        has_script=True,
        typed=typed,
        faults=faults,
        is_away=is_away,
        was_kept=was_kept,
        lost_file=lost_file,
        facts=_facts_of(visit, typed) if number else (),
        items=[] if is_away else _items_of(visit),
        places=catalogue.places(),
        lists=lists,
        post_to=VIOLATION_RECORDS,
        back=f"{HELD}/{number}" if number else PATH,
        other=_other_offender_address(typed) if number else None,
    )


def _other_offender_address(typed: Typed) -> str:
    """Returns the form for an offender who isn't the holder of the licence, at the place of the visit."""
    if not typed["visit"]:
        return NEW_VIOLATION
    return f"{NEW_VIOLATION}?{urlencode({'visit': typed['visit'], 'offender': 'other'})}"


def _facts_of(visit: Visit, typed: Typed) -> list[tuple[str, Any]]:
    return [
        (visit.text("my_licence_number"), marks.code(typed["licence_no"])),
        (visit.text("column_place"), place_of(typed, visit.language)),
    ]


def _items_of(visit: Visit) -> list[tuple[Mapping[str, str], list[tuple[str, Mapping[str, str]]]]]:
    """Returns the table of violations by group, with what a violation costs."""
    groups: dict[str, tuple[Mapping[str, str], list[tuple[str, Mapping[str, str]]]]] = {}
    for one in answer_or_problem(visit, "/v1/violation-items")["items"]:
        _, choices = groups.setdefault(one["group"], (one["group_title"], []))
        named = {
            language: f"{one['code']} {one[language]} ({one['fine_from']}–{one['fine_to']})"
            for language in ("ar", "en")
        }
        choices.append((one["code"], named))
    return list(groups.values())
