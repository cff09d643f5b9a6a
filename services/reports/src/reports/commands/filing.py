"""Filing: a report is checked, numbered, referred by the rules and published, in one transaction."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from secrets import randbelow
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.core.actors import Actor
from chassis.core.ids import new_id
from chassis.core.refusals import Conflict, InvalidFields
from chassis.data import numbers
from chassis.data.advisory import one_at_a_time
from chassis.data.unit_of_work import UnitOfWork
from chassis.files.attachments import uploader_of
from reports.catalogue import catalogue, governorate
from reports.commands import photos
from reports.commands.recording import (
    duty_officer_of,
    plan_escalation,
    record_report,
    reporter_of,
    set_clock,
)
from reports.domain.actors import (
    Role,
    is_machine,
    require_municipality,
    role_of,
    service_as,
)
from reports.domain.clock import Clock
from reports.domain.filing import Citizen, Filing, parse
from reports.domain.reports import (
    NORMAL,
    NUMBER_BRANCH,
    REPORT_SERIES,
    SPOKEN,
    URGENT,
    Channel,
    Status,
    number_of,
)
from reports.models import BEFORE, Report
from saudi.days import hijri_year, legal_day

_IN_THE_STREET = (Role.OBSERVER, Role.CONTRACTOR)


class SubmissionUsed(Conflict):
    """The caller's submission id was used for another report."""

    problem = "submission-used"


def file_report(
    work: UnitOfWork,
    report: Mapping[str, Any],
    *,
    photos_of: Mapping[str, Sequence[str]] | None = None,
    filed_by: Citizen | None = None,
) -> Report:
    """Files a report in the shape of the contract's `NewReport`, refers it to the department that the rules name, and
    publishes `filed`.

    A repeated `submission_id` of a person at a client returns the first report and changes nothing. `photos_of`:
    attachments by uploader; without it, the report's `photos` are the actor's. `filed_by`: who filed, in place of the
    actor. Raises InvalidFields, also for a photo of another uploader, and SubmissionUsed for a known id with another
    content or other photos.
    """
    submission, digest = _submission_key(work.actor, report)
    if submission and (known := _find_submission(work.session, submission, digest)):
        return known
    filing = parse_report(work.actor, report, filed_by)
    if work.actor.attributes.get("municipality"):
        require_municipality(work.actor, filing.place.municipality)
    row = _new_row(work.actor, filing, work.now)
    row.submission, row.submission_digest = submission, digest
    row.filed_by = filed_by.subject if filed_by else row.filed_by
    if photos_of is None:
        photos_of = {uploader_of(work.actor): report.get("photos", ())}
    sent = photos.claim_for_new(work.session, row.report_id, photos_of)
    _number_and_publish(work, row)
    photos.put(work.session, row.report_id, sent, BEFORE, now=work.now)
    return row


def parse_report(
    actor: Actor, report: Mapping[str, Any], filed_by: Citizen | None = None
) -> Filing:
    """Returns the report as the rules would file it. Raises InvalidFields."""
    confirmed = _confirms_mobile(actor, report)
    return parse(report, catalogue(), governorate(), confirmed=confirmed, filed_by=filed_by)


def _confirms_mobile(actor: Actor, report: Mapping[str, Any]) -> bool:
    """Returns whether the caller confirms the reporter's mobile. An operator of 940 talks to the reporter; a citizens'
    system has sent a code to the mobile. Observers and contractors talk to no reporter."""
    if is_machine(actor):
        return bool((report.get("reporter") or {}).get("mobile_confirmed"))
    return report.get("channel") == Channel.CALL and role_of(actor) not in _IN_THE_STREET


def _submission_key(actor: Actor, report: Mapping[str, Any]) -> tuple[str | None, bytes | None]:
    submission_id = report.get("submission_id")
    if submission_id is None:
        return None, None
    content = json.dumps(report, sort_keys=True, ensure_ascii=False, default=str)
    owner = f"{actor.client_id}/{actor.subject}"
    return f"{owner}/{submission_id}", hashlib.sha256(content.encode()).digest()


def _find_submission(session: Session, submission: str, digest: bytes | None) -> Report | None:
    """Waits for a transaction that files the same submission, so that its report is found."""
    one_at_a_time(session, "submission", submission)
    row = session.scalar(select(Report).where(Report.submission == submission))
    if row is not None and row.submission_digest != digest:
        raise SubmissionUsed
    return row


def _new_row(actor: Actor, filing: Filing, now: datetime) -> Report:
    category, place, reporter = filing.category, filing.place, filing.reporter
    row = Report(
        report_id=new_id(),
        channel=filing.channel.value,
        category=category.code,
        department=catalogue().department_of(category, place.municipality),
        municipality=place.municipality,
        branch_guessed=place.guessed,
        town=place.town,
        district=place.district,
        landmark=place.landmark,
        latitude=place.latitude,
        longitude=place.longitude,
        description=filing.description,
        extra=filing.extra,
        language=filing.language,
        reporter=_reporter_record(filing),
        mobile_key=reporter.mobile,
        status=Status.ASSIGNED.value,
        priority=URGENT if category.alert else NORMAL,
        public=category.public,
        filed_at=now,
        filed_by=actor.subject,
        paused_seconds=0,
        paused_working_seconds=0,
        escalation_level=0,
        reopen_count=0,
        duplicate_count=0,
        text_withheld=False,
        words_waiting=category.public,
        updated_at=now,
    )
    set_clock(row, Clock(category.service_time, now))
    return row


def _reporter_record(filing: Filing) -> dict[str, Any] | None:
    """Returns the reporter. A caller without a Saudi mobile gets a code, which the operator reads out."""
    known = filing.reporter.record()
    if filing.reporter.mobile is not None or filing.channel not in SPOKEN:
        return known
    return {**(known or {}), "code": new_code()}


def new_code() -> str:
    """Returns eight digits, as many as a mobile leaves to guess."""
    return f"{10_000_000 + randbelow(90_000_000)}"


def _number_and_publish(work: UnitOfWork, row: Report) -> Report:
    """Draws the number last: the series stays locked until the commit, and every other filing waits for the series."""
    contacts = reporter_of(row)
    details: dict[str, Any] = {"department": row.department, "municipality": row.municipality}
    if row.priority == URGENT:
        on_duty = duty_officer_of(work.session, row)
        contacts += on_duty
        row.duty_officer_told = details["duty_officer_told"] = bool(on_duty)
    plan_escalation(work.session, row, before=None)
    year = hijri_year(legal_day(work.now))
    serial = numbers.draw(work.session, REPORT_SERIES, NUMBER_BRANCH, year)
    row.report_number = number_of(year, serial)
    work.session.add(row)
    return record_report(work, row, "file", "filed", details=details, contacts=contacts)


# The rules see a machine: nobody saw or heard the person, so the mobile isn't confirmed.
ANYBODY = service_as("public", client_id="public")


def find_public_report(work: UnitOfWork, report: Mapping[str, Any]) -> Report | None:
    """Returns the report that this submission has filed already, or None. Raises SubmissionUsed.

    Whoever repeats a submission asks for its number, so neither a limit nor a rule that changed meanwhile keeps the
    number from the person.
    """
    submission, digest = _submission_key(work.actor, _add_web_channel(report))
    return _find_submission(work.session, submission, digest) if submission else None


def check_public_report(report: Mapping[str, Any]) -> None:
    """Checks the fields of the report. Raises InvalidFields."""
    parse_report(ANYBODY, _add_web_channel(report))


def read_unfinished_report(report: Mapping[str, Any]) -> Filing:
    """Returns a report that isn't finished as the rules would file it. Raises InvalidFields, which names every field at
    fault: a missing field counts as an empty one."""
    empty = {"category": "", "description": ""}
    return parse_report(ANYBODY, _add_web_channel({**empty, **report}))


def _add_web_channel(report: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"channel": "web", **report}


def file_public_report(
    work: UnitOfWork, report: Mapping[str, Any], *, filed_by: Citizen | None = None
) -> Report:
    """Files a report in the shape of the contract's `NewPublicReport`, with the photos that the sender uploaded.
    `filed_by`: a citizen who is signed in; the journal names nobody. Raises SubmissionUsed and InvalidFields, also for
    an unknown photo or a wrong upload key."""
    sent = _group_by_uploader(report.get("photos", ()))
    try:
        return file_report(work, _add_web_channel(report), photos_of=sent, filed_by=filed_by)
    except photos.PhotosUnknown:  # nobody learns which of the ids exist under another key
        raise InvalidFields.of("photos", "upload-unknown") from None


def _group_by_uploader(sent: Iterable[Mapping[str, str]]) -> dict[str, list[str]]:
    found = defaultdict(list)
    for one in sent:
        found[photos.uploader_with(one["upload_key"])].append(one["attachment_id"])
    return found
