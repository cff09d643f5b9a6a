"""What the pages of a report ask of `reports`: to keep a photo, to check a draft, to file."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from typing import Any

from chassis.core.refusals import InvalidFields
from chassis.http.problems import as_problem
from pages.forms import NO_FAULTS, Faults, by_field, place_faults
from pages.site import Visit
from portal.api.areas import acting_as
from portal.api.asking import ask, post
from portal.api.public.forms import browser_of
from portal.commands import report_drafts
from portal.commands.sessions import SignedIn
from portal.domain import report_form
from portal.domain.report_form import (
    SUBMISSION_USED,
    Change,
    ReportDraft,
    ReportKind,
    SentPhoto,
)
from portal.outside.public_reports import PublicReports
from portal.outside.public_services import PageVisitor
from portal.outside.services import Reply, ServiceAway, TokenRefused

_MINE, _START = "/v1/my/reports", "/v1/my/report-start"
_INVALID = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY)


@dataclass(frozen=True)
class Outcome:
    """What became of a filing: the report, or why there is none. `is_kept`: the browser's draft has the report.
    `is_of_form`: the faults belong to inputs."""

    report: Mapping[str, Any] | None
    faults: Faults = NO_FAULTS
    status: int = 200
    is_kept: bool = False
    is_of_form: bool = False


@dataclass(frozen=True)
class Upload:
    """What became of a photo: `reports` keeps it, or why not. `is_limited`: `reports` takes no further one for now."""

    photo: SentPhoto | None
    refusal: str = ""
    is_limited: bool = False


def visitor_of(visit: Visit) -> PageVisitor:
    """Returns for whom the page asks."""
    return PageVisitor(visit.source, visit.language)


def reports_of(visit: Visit) -> PublicReports:
    """Returns the client of `reports`."""
    reports: PublicReports = visit.process.resources.public_reports
    return reports


def digest_of(content: bytes) -> str:
    """Returns by what a photo is known that is sent again."""
    return sha256(content).hexdigest()


def upload_photo(visit: Visit, name: str, content: bytes) -> Upload:
    """Lets `reports` keep a photo. Raises ServiceAway."""
    reply = reports_of(visit).upload(visitor_of(visit), name, content)
    if reply.is_problem:
        refusal = place_faults(reply.document, by_field()).all[0].text
        if any(one.get("code") == "file-type" for one in reply.document.get("errors", ())):
            refusal = visit.text("report_photo_type")  # the service names PDF, which officers send
        return Upload(None, refusal, is_limited=reply.status == HTTPStatus.TOO_MANY_REQUESTS)
    sent, position = reply.document, reply.document["position"]
    where = (position["latitude"], position["longitude"]) if position else None
    return Upload(
        SentPhoto(sent["attachment_id"], sent["upload_key"], name, digest_of(content), where)
    )


def known_reporter(visit: Visit, signed_in: SignedIn) -> dict[str, str]:
    """Returns what `reports` knows of the citizen, by input; nothing where `reports` doesn't answer, because the form
    is everybody's."""
    try:
        with acting_as(visit, signed_in):
            reply = ask(visit, _START)
    except (ServiceAway, TokenRefused):
        return {}
    return {} if reply.is_problem else report_form.typed_reporter(reply.document)


def preview_draft(
    visit: Visit, draft: ReportDraft, kind: ReportKind
) -> tuple[Mapping[str, Any] | None, Faults]:
    """Lets `reports` check the draft. Returns what it says, or None and all faults at once. Raises ServiceAway."""
    body, local = report_form.report_body(draft, kind, visit.language)
    reply = reports_of(visit).preview(visitor_of(visit), body)
    if not reply.is_problem and not local:
        return reply.document, NO_FAULTS
    own = as_problem(InvalidFields(local)).document(visit.language)["errors"] if local else []
    if reply.is_problem and "errors" not in reply.document:
        return None, place_faults(reply.document, by_field())
    theirs = report_form.needed_faults(reply.document.get("errors", ()), local)
    found = {"errors": [*theirs, *own]}
    return None, place_faults(found, report_form.input_of_field)


def file_draft(
    visit: Visit, draft: ReportDraft, kind: ReportKind, signed_in: SignedIn | None = None
) -> Outcome:
    """Files the draft. The same draft files one report: `reports` knows its `submission_id`.

    The first body is kept until its outcome is known, which no refusal of a later try tells. Where the person changed
    the draft meanwhile and the first body had arrived, the report is the one that was filed of it. `signed_in`: among
    whose reports the report then is. Raises ServiceAway, and TokenRefused, after which nothing was filed.
    """
    was_unknown = draft.sent is not None
    content, _ = report_form.report_body(draft, kind, visit.language)
    body = report_form.submission_of(draft, content)
    draft = _change(visit, report_form.begin_sending(body))
    if draft.filed is not None:
        return Outcome(draft.filed, is_kept=True)
    sent: Mapping[str, Any] = body
    try:
        reply = _file(visit, sent, signed_in)
    except TokenRefused:
        if not was_unknown:
            _change(visit, report_form.note_refusal(body))
        raise
    if reply.problem_name == SUBMISSION_USED and draft.sent is not None and draft.sent != body:
        sent = draft.sent
        reply = _file(visit, sent, signed_in)
    if reply.is_problem:
        if _names_faults(reply) and not was_unknown:
            _change(visit, report_form.note_refusal(body))
        return _refused(reply)
    left = _change(visit, report_form.note_filing(sent, kind, reply.document))
    return Outcome(reply.document, is_kept=left.submission_id == body["submission_id"])


def _file(visit: Visit, body: Mapping[str, Any], signed_in: SignedIn | None) -> Reply:
    """Files the report as the citizen's, or as everybody's. `reports` knows a submission either way."""
    if signed_in is None:
        return reports_of(visit).file(visitor_of(visit), body)
    with acting_as(visit, signed_in):
        return post(visit, _MINE, body)


def _names_faults(reply: Reply) -> bool:
    """Returns whether `reports` named fields at fault. Only then it's certain that nothing was filed of the body: a
    limit, for example, is charged before `reports` looks the submission up."""
    return reply.status in _INVALID and bool(reply.document.get("errors"))


def _refused(reply: Reply) -> Outcome:
    faults = place_faults(reply.document, report_form.input_of_field)
    is_of_form = bool(reply.document.get("errors"))
    return Outcome(None, faults, reply.status, is_of_form=is_of_form)


def _change(visit: Visit, change: Change) -> ReportDraft:
    browser = browser_of(visit)
    with visit.process.database.transaction() as session:
        return report_drafts.change_draft(session, browser, change, visit.now, begins=False)
