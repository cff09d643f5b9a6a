"""A report on the desk: what it is, what happened, and what the person may do now."""

from typing import Any
from uuid import UUID

import flask

from pages.site import Visit
from portal.api.asking import answer_if_shown, answer_or_problem
from portal.api.desk.reports import texts
from portal.api.desk.reports import views as desk_views
from portal.api.files import send_file_of
from portal.api.listing import done_of
from portal.api.places import place_of
from portal.domain.report_actions import ACTIONS
from portal.domain.service_time import TONES, service_time_of

PATH = "/desk/reports"
# What the service sends as a photo. Anything else is no file of a report.
_HIDDEN_PART = frozenset((403, 404))


def show_report(visit: Visit, report_id: UUID) -> flask.Response:
    """GET /desk/reports/{id}."""
    own = f"/v1/reports/{report_id}"
    report = answer_or_problem(visit, own)
    history = _part_of(visit, f"{own}/history")
    remarks = _part_of(visit, f"{own}/remarks")
    photos = _part_of(visit, f"{own}/photos")
    sees_notes, sees_texts = remarks is not None, texts.sees_texts(visit)
    scopes = visit.known.caller.scopes
    return visit.render(
        "desk_report.html",
        report=report,
        view=ReportView(report, visit),
        back=visit.known.last_search or PATH,
        history=desk_views.history_of(history or [], visit.language),
        remarks=remarks,
        photos=photos or [],
        actions=desk_views.list_offered_actions(report, scopes, sees_notes=sees_notes),
        sees_texts=sees_texts,
        texts=texts.list_texts(visit, report) if sees_texts else None,
        not_sent=texts.NOT_SENT,
        done=done_of(visit, ACTIONS),
        printed_at=visit.now,
    )


def _part_of(visit: Visit, path: str) -> list[dict[str, Any]] | None:
    """Returns the items of a part of a report; None for a part that the person doesn't see. Raises TokenRefused, and
    Problem while the service is away."""
    part = answer_if_shown(visit, path, hidden=_HIDDEN_PART)
    return None if part is None else list(part["items"])


def show_photo(visit: Visit, report_id: UUID, attachment_id: UUID) -> flask.Response:
    """GET /desk/reports/{id}/photos/{id}: a photo, fetched with the person's own token and kept nowhere."""
    path = f"/v1/reports/{report_id}/photos/{attachment_id}"
    return send_file_of(visit, path, f"photo-{attachment_id}")


class ReportView:
    """A report's words in the language of the page. A part that the person doesn't see is None."""

    def __init__(self, report: desk_views.Document, visit: Visit) -> None:
        language = visit.language
        time = service_time_of(report, visit.now)
        self.kind = report["category_title"][language]
        self.status = report["status_title"][language]
        self.is_answered = report["answered"]
        self.status_tone = desk_views.tone_of(report["status"])
        self.service_time = time.value if time else None
        self.service_time_tone = TONES[time] if time else None
        self.department = desk_views.word_of("departments", report["department"], language)
        self.municipality = desk_views.word_of("municipalities", report["municipality"], language)
        self.place = place_of(report, language)
        self.location = report["location"] or {}
        self.treatment = report["treatment"] or {}
        self.has_treatment = bool(report["work_order"]) or any(
            value for name, value in self.treatment.items() if name != "assignee"
        )
        external = self.treatment.get("external")
        self.outside_body = external["body_title"][language] if external else None
        self.outside_reference = external["reference"] if external else None
        self.extra = desk_views.extra_rows(report, language)

    @property
    def point(self) -> str | None:
        """Returns the coordinates as a map takes them."""
        latitude, longitude = self.location.get("latitude"), self.location.get("longitude")
        return None if latitude is None else f"{latitude}, {longitude}"
