"""What a worker changes: applies, chooses another centre, asks for another bill, withdraws, renews, cancels."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import flask

from chassis.http.problems import Problem
from pages.marks import arabic, code
from pages.site import Visit
from portal.api.asking import answer_or_problem, post, put
from portal.api.entry_forms import KEY, EntryForm, Surroundings, show_form, submit_form
from portal.api.files import post_upload
from portal.api.my.health.requests import CERTIFICATES, PATH, REQUESTS, require_number
from portal.api.places import town_names
from portal.catalogue import branch_choices, nationalities
from portal.domain import health_form, large_forms
from portal.domain.entry_form import body_of
from portal.domain.languages import LANGUAGES
from portal.outside.services import Reply

# These two take photos, so their paths are fixed.
APPLY, RENEWALS = large_forms.HEALTH_APPLICATION, large_forms.HEALTH_RENEWALS
_PHOTOS = "/v1/my/health-certificate-photos"
_CHANGES = ("centre", "bill", "withdraw")


def show_application(visit: Visit) -> flask.Response:
    """GET /my/health/apply."""
    return show_form(visit, _application(visit))


def submit_application(visit: Visit) -> flask.Response:
    """POST /my/health/apply."""
    return submit_form(visit, _application(visit))


def _application(visit: Visit) -> EntryForm:
    return EntryForm(
        name="health_apply",
        address=APPLY,
        post_to=APPLY,
        back=PATH,
        fields=health_form.APPLICATION,
        look=lambda: Surroundings(
            lists={**_lists(visit), **_worker_lists(visit)}, blank={"language": visit.language}
        ),
        send=lambda typed: post(
            visit, REQUESTS, health_form.application_body(typed), once=typed[KEY]
        ),
        target=lambda made: f"{PATH}/requests/{made['request_id']}?done=health_apply",
        upload=lambda photo: post_upload(visit, _PHOTOS, photo),
        needs_photo=True,
    )


def show_change(visit: Visit, request_id: UUID, change: str) -> flask.Response:
    """GET /my/health/requests/{id}/{change}."""
    return show_form(visit, _change(visit, request_id, change))


def submit_change(visit: Visit, request_id: UUID, change: str) -> flask.Response:
    """POST /my/health/requests/{id}/{change}."""
    return submit_form(visit, _change(visit, request_id, change))


def _change(visit: Visit, request_id: UUID, change: str) -> EntryForm:
    """Returns the form of another centre, another bill, or the withdrawal. Raises Problem for another word."""
    if change not in _CHANGES:
        raise Problem("not-found")
    page, path = f"{PATH}/requests/{request_id}", f"{REQUESTS}/{request_id}"
    is_centre = change == "centre"

    def send(typed: Mapping[str, str]) -> Reply:
        if is_centre:
            body = body_of(health_form.CENTRE, typed)
            return put(visit, f"{path}/centre", body, once=typed[KEY])
        return post(visit, f"{path}/{change}", {}, once=typed[KEY])

    def look() -> Surroundings:
        request = answer_or_problem(visit, path)
        centres = {"centre": _centres(visit)} if is_centre else {}
        return Surroundings(facts=_request_facts(visit, request), lists=centres)

    return EntryForm(
        name=f"health_{change}",
        address=f"{page}/{change}",
        back=page,
        fields=health_form.CENTRE if is_centre else (),
        look=look,
        send=send,
        target=lambda _: f"{page}?{urlencode({'done': f'health_{change}'})}",
    )


def show_renewal(visit: Visit, certificate_no: str) -> flask.Response:
    """GET /my/health/certificates/{number}/renewal."""
    return show_form(visit, _renewal(visit, require_number(certificate_no)))


def submit_renewal(visit: Visit) -> flask.Response:
    """POST /my/health/renewals: the path names no certificate, because it takes more bytes than other forms."""
    number = require_number(visit.form.get("certificate_no", ""))
    return submit_form(visit, _renewal(visit, number))


def _renewal(visit: Visit, number: str) -> EntryForm:
    path = f"{CERTIFICATES}/{number}"

    def look() -> Surroundings:
        certificate = answer_or_problem(visit, path)
        lists, held = _lists(visit), certificate["establishment"] or {}
        blank = {
            "certificate_no": number,
            "licence_no": held.get("licence_no") or "",
            "municipality": certificate["municipality"],
        }
        return Surroundings(facts=_certificate_facts(visit, certificate), lists=lists, blank=blank)

    return EntryForm(
        name="health_renewal",
        address=f"{PATH}/certificates/{number}/renewal",
        post_to=RENEWALS,
        back=PATH,
        fields=health_form.RENEWAL,
        look=look,
        send=lambda typed: post(
            visit, f"{path}/renew", health_form.renewal_body(typed), once=typed[KEY]
        ),
        target=lambda made: f"{PATH}/requests/{made['request_id']}?done=health_renewal",
        upload=lambda photo: post_upload(visit, _PHOTOS, photo),
        needs_photo=True,
    )


def show_cancel(visit: Visit, certificate_no: str) -> flask.Response:
    """GET /my/health/certificates/{number}/cancel."""
    return show_form(visit, _cancel(visit, require_number(certificate_no)))


def submit_cancel(visit: Visit, certificate_no: str) -> flask.Response:
    """POST /my/health/certificates/{number}/cancel."""
    return submit_form(visit, _cancel(visit, require_number(certificate_no)))


def _cancel(visit: Visit, number: str) -> EntryForm:
    path = f"{CERTIFICATES}/{number}"
    return EntryForm(
        name="health_cancel",
        address=f"{PATH}/certificates/{number}/cancel",
        back=PATH,
        fields=(),
        look=lambda: Surroundings(facts=_certificate_facts(visit, answer_or_problem(visit, path))),
        send=lambda typed: post(visit, f"{path}/cancel", {}, once=typed[KEY]),
        target=lambda _: f"{PATH}?done=health_cancel",
    )


def _lists(visit: Visit) -> dict[str, list[tuple[str, str]]]:
    """Returns the lists of every form with a place and a centre."""
    return {"centre": _centres(visit), "municipality": branch_choices(visit.language)}


def _centres(visit: Visit) -> list[tuple[str, str]]:
    """Returns the centres that are accredited today, with the towns that they serve."""
    return [
        (one["organisation"], f"{one[visit.language]} ({town_names(one['towns'], visit.language)})")
        for one in answer_or_problem(visit, "/v1/medical-centres")["items"]
    ]


def _worker_lists(visit: Visit) -> dict[str, list[tuple[str, str]]]:
    language = visit.language
    professions = answer_or_problem(visit, "/v1/health-professions")["items"]
    return {
        "profession": [(one["code"], one[language]) for one in professions],
        "nationality": [(name, words[language]) for name, words in nationalities().items()],
        "id_type": [(one, str(visit.text(f"health_id_{one}"))) for one in health_form.ID_TYPES],
        "sex": [(one, str(visit.text(f"health_sex_{one}"))) for one in health_form.SEXES],
        "language": [(one, str(visit.text(f"health_language_{one}"))) for one in LANGUAGES],
    }


def _request_facts(visit: Visit, request: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return [
        (visit.text("health_request_no"), code(request["request_no"])),
        (visit.text("health_status"), request["status_title"][visit.language]),
        (visit.text("field_profession"), request["profession"][visit.language]),
        (visit.text("field_centre"), request["centre"][visit.language]),
    ]


def _certificate_facts(visit: Visit, certificate: Mapping[str, Any]) -> list[tuple[str, Any]]:
    held = certificate["establishment"] or {}
    name = held.get("trade_name")
    return [
        (visit.text("health_certificate_no"), code(certificate["certificate_no"])),
        (visit.text("health_status"), certificate["status_title"][visit.language]),
        (visit.text("field_profession"), certificate["profession"][visit.language]),
        (visit.text("health_establishment"), arabic(name) if name else None),
    ]
