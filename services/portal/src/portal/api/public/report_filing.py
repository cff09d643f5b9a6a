"""The pages on which somebody without an account files a report: photos, type, details, similar ones, review, number.

A draft keeps what a person enters in a browser, so a step back, another language, a broken line and an error lose
nothing. Every form is answered with a redirect; only an error shows the form again at once.
"""

from collections.abc import Mapping
from typing import Any

import flask

from chassis.http.problems import Problem
from pages.forms import NO_FAULTS, Faults, FieldFault
from pages.marks import tone_of_state
from pages.site import Visit
from portal import catalogue
from portal.api.areas import session_in
from portal.api.public import report_sending
from portal.api.public.forms import browser_of, keep_cookie
from portal.commands import report_drafts
from portal.commands.sessions import SignedIn
from portal.domain import large_forms, report_form
from portal.domain.areas import MY
from portal.domain.report_form import MOST_PHOTOS, Change, ReportDraft, ReportKind
from portal.domain.tasks import WRITE_MY_REPORTS
from portal.outside.services import ServiceAway, TokenRefused

PHOTOS, KINDS, DETAILS = large_forms.REPORT_PHOTOS, "/report/kind", "/report/details"
PLACE = "/report/place"
# What the buttons of the details lead to, once what was typed is kept.
_OTHER_STEPS = {"map": PLACE, "kind": KINDS, "photos": PHOTOS}
SIMILAR, REVIEW, FILED = "/report/similar", "/report/review", "/report/filed"
_LONGEST_NAME = 200


def show_photos(visit: Visit) -> flask.Response:
    """GET /report: photos first, which may be left out."""
    return _show_photos(visit)


def submit_photos(visit: Visit) -> flask.Response:
    """POST /report: uploads photos and goes on; removes a photo; begins anew."""
    action, _, photo = visit.form.get("action", "").partition(":")
    if action == "discard":
        browser = browser_of(visit)
        with visit.process.database.transaction() as session:
            report_drafts.discard_draft(session, browser)
        return visit.see_other(PHOTOS)
    if action == "remove":
        change_draft(visit, report_form.remove_photo(photo), begins=False)
        return visit.see_other(PHOTOS)
    try:
        faults = _upload_photos(visit)
    except ServiceAway:
        return _show_photos(visit, is_away=True, status=503)
    if faults:
        return _show_photos(visit, faults=Faults(faults), status=400)
    return visit.see_other(PHOTOS if action == "add" else KINDS)


def _upload_photos(visit: Visit) -> list[FieldFault]:
    """Uploads the photos that the draft lacks, up to the most that a report takes. Returns why others aren't taken.
    Raises ServiceAway."""
    draft = open_draft(visit)
    fresh = _fresh_photos(draft)
    room = MOST_PHOTOS - len(draft.photos)
    faults = []
    for name, content in fresh[:room]:
        sent = report_sending.upload_photo(visit, name, content)
        if sent.photo is not None:
            change_draft(visit, report_form.add_photo(sent.photo))
            continue
        words = visit.text("report_photo_fault", name=name, fault=sent.refusal)
        faults.append(FieldFault("photos", words))
        if sent.is_limited:
            break
    if len(fresh) > room:
        faults.append(FieldFault("photos", visit.text("report_photos_full", most=MOST_PHOTOS)))
    return faults


def _fresh_photos(draft: ReportDraft) -> list[tuple[str, bytes]]:
    """Returns name and content of each photo of the form that the draft lacks, once for each content."""
    kept = {one.digest for one in draft.photos}
    fresh: dict[str, tuple[str, bytes]] = {}
    for file in flask.request.files.getlist("photos"):
        content = file.read()
        digest = report_sending.digest_of(content)
        if file.filename and digest not in kept:
            fresh.setdefault(digest, (file.filename[:_LONGEST_NAME], content))
    return list(fresh.values())


def _show_photos(
    visit: Visit, *, faults: Faults = NO_FAULTS, is_away: bool = False, status: int = 200
) -> flask.Response:
    draft = open_draft(visit)
    return _render(
        visit,
        "report_photos.html",
        PHOTOS,
        status=status,
        faults=faults,
        is_away=is_away,
        draft=draft,
        most=MOST_PHOTOS,
    )


def show_kinds(visit: Visit) -> flask.Response:
    """GET /report/kind: the types of reports."""
    chosen = open_draft(visit).category
    return _render(
        visit, "report_kind.html", KINDS, groups=catalogue.report_groups(), chosen=chosen
    )


def submit_kind(visit: Visit) -> flask.Response:
    """POST /report/kind: chooses a type."""
    code = visit.form.get("category", "")
    if code not in catalogue.report_kinds():
        raise Problem("not-found")
    change_draft(visit, report_form.choose_kind(code))
    return visit.see_other(DETAILS)


def show_details(visit: Visit) -> flask.Response:
    """GET /report/details: what, where, and who reports."""
    draft = open_draft(visit)
    kind = _kind_of(draft)
    return visit.see_other(KINDS) if kind is None else _show_details(visit, draft, kind)


def submit_details(visit: Visit) -> flask.Response:
    """POST /report/details: keeps what was typed, and lets `reports` check it, or goes to another step."""
    kind = _kind_of(open_draft(visit))
    if kind is None:
        return visit.see_other(KINDS)
    typed = report_form.read_details(visit.form.getlist, kind)
    draft = change_draft(visit, report_form.enter_details(typed))
    if (step := visit.form.get("step")) in _OTHER_STEPS:
        return visit.see_other(_OTHER_STEPS[step])
    try:
        preview, faults = report_sending.preview_draft(visit, draft, kind)
    except ServiceAway:
        return _show_details(visit, draft, kind, is_away=True, status=503)
    if preview is None:
        return _show_details(visit, draft, kind, faults=faults, status=400)
    change_draft(visit, report_form.keep_preview(draft, preview), begins=False)
    return visit.see_other(SIMILAR if preview["similar"] else REVIEW)


def _show_details(
    visit: Visit,
    draft: ReportDraft,
    kind: ReportKind,
    *,
    faults: Faults = NO_FAULTS,
    is_away: bool = False,
    status: int = 200,
) -> flask.Response:
    proposed = report_form.propose_position(draft)
    signed_in = None if "name" in draft.typed else _session_of_citizen(visit)
    reporter = report_sending.known_reporter(visit, signed_in) if signed_in else {}
    questions = [one.input for one in kind.questions]
    blank: Mapping[str, Any] = dict.fromkeys((*report_form.INPUTS, *questions), "")
    return _render(
        visit,
        "report_details.html",
        DETAILS,
        status=status,
        has_script=True,
        faults=faults,
        is_away=is_away,
        kind=kind,
        typed={**blank, **proposed, **reporter, **draft.typed},
        is_proposed=bool(proposed),
        photos=draft.photos,
        places=catalogue.places(),
        worded=lambda choices: [(key, one.in_language(visit.language)) for key, one in choices],
    )


def show_similar(visit: Visit) -> flask.Response:
    """GET /report/similar: open reports nearby; the person says that this one is another."""
    draft = open_draft(visit)
    kind = _kind_of(draft)
    if kind is None or draft.preview is None:
        return visit.see_other(DETAILS)
    similar = draft.preview["similar"]
    if not similar:
        return visit.see_other(REVIEW)
    return _render(visit, "report_similar.html", SIMILAR, similar=similar, tone=tone_of_state)


def show_review(visit: Visit) -> flask.Response:
    """GET /report/review: everything once more, and the button that files."""
    draft = open_draft(visit)
    kind = _kind_of(draft)
    if kind is None or draft.preview is None:
        return visit.see_other(DETAILS)
    return _show_review(visit, draft, kind)


def submit_report(visit: Visit) -> flask.Response:
    """POST /report/review: files the report, once for each draft, however often the form is sent."""
    draft = open_draft(visit)
    kind = _kind_of(draft)
    if draft.filed is not None:
        return visit.see_other(FILED)
    if kind is None or draft.preview is None:
        return visit.see_other(DETAILS)
    is_mine = visit.form.get("mine") == "yes"
    signed_in = _session_of_citizen(visit) if is_mine else None
    try:
        if is_mine and signed_in is None:
            raise TokenRefused
        outcome = report_sending.file_draft(visit, draft, kind, signed_in)
    except TokenRefused:
        return _show_review(visit, draft, kind, was_signed_out=True, status=403)
    except ServiceAway:
        return _show_review(visit, draft, kind, is_away=True, status=503)
    if outcome.report is not None:
        return visit.see_other(FILED) if outcome.is_kept else _show_filed(visit, outcome.report)
    if outcome.is_of_form:
        return _show_details(visit, draft, kind, faults=outcome.faults, status=outcome.status)
    return _show_review(visit, draft, kind, faults=outcome.faults, status=outcome.status)


def _show_review(
    visit: Visit,
    draft: ReportDraft,
    kind: ReportKind,
    *,
    faults: Faults = NO_FAULTS,
    is_away: bool = False,
    was_signed_out: bool = False,
    status: int = 200,
) -> flask.Response:
    signed_in = None if was_signed_out else _session_of_citizen(visit)
    is_sent = flask.request.method == "POST"
    names = {code: words for _, choices in catalogue.places() for code, words in choices}
    return _render(
        visit,
        "report_review.html",
        REVIEW,
        status=status,
        faults=faults,
        is_away=is_away,
        draft=draft,
        kind=kind,
        typed=draft.typed,
        preview=draft.preview,
        place=names.get(draft.typed.get("place", "")),
        answers=_answers(draft, kind),
        was_signed_out=was_signed_out,
        can_be_mine=signed_in is not None,
        citizen=signed_in.person["name"] if signed_in and signed_in.person else None,
        is_mine=visit.form.get("mine") == "yes" if is_sent else signed_in is not None,
    )


def _session_of_citizen(visit: Visit) -> SignedIn | None:
    """Returns the session of the citizen who is signed in in this browser, if any."""
    return session_in(visit, MY, WRITE_MY_REPORTS)


def _answers(draft: ReportDraft, kind: ReportKind) -> list[tuple[Any, list[Any]]]:
    """Returns each further question with what was answered: words of choices, or the text."""
    found = []
    for one in kind.questions:
        typed = draft.typed.get(one.input) or []
        values = typed if isinstance(typed, list) else [typed]
        words = dict(one.choices)
        found.append((one.words, [words.get(value, value) for value in values]))
    return found


def show_filed(visit: Visit) -> flask.Response:
    """GET /report/filed: the number, what happens next, until when."""
    draft = open_draft(visit)
    if draft.filed is None:
        return visit.see_other(PHOTOS)
    return _show_filed(visit, draft.filed, has_unsent_changes=draft.has_unsent_changes)


def _show_filed(
    visit: Visit, report: Mapping[str, Any], *, has_unsent_changes: bool = False
) -> flask.Response:
    return _render(
        visit,
        "report_filed.html",
        FILED,
        report=report,
        has_unsent_changes=has_unsent_changes,
        is_signed_in=_session_of_citizen(visit) is not None,
    )


def open_draft(visit: Visit) -> ReportDraft:
    """Returns the draft of this browser."""
    browser = browser_of(visit)
    with visit.process.database.transaction() as session:
        return report_drafts.open_draft(session, browser, visit.now)


def change_draft(visit: Visit, change: Change, *, begins: bool = True) -> ReportDraft:
    """Changes the draft of this browser, in a transaction of its own."""
    browser = browser_of(visit)
    with visit.process.database.transaction() as session:
        return report_drafts.change_draft(session, browser, change, visit.now, begins=begins)


def _kind_of(draft: ReportDraft) -> ReportKind | None:
    return catalogue.report_kinds().get(draft.category or "")


def _render(visit: Visit, template: str, address: str, **context: Any) -> flask.Response:
    """Renders a step. The draft has what was typed, so the link to the other language works from an error too."""
    toggle = f"{address}?lang={'en' if visit.language == 'ar' else 'ar'}"
    telephones = catalogue.TELEPHONES
    answer = visit.render(template, toggle=toggle, telephones=telephones, **context)
    return keep_cookie(visit, answer)
