"""What somebody without an account does: files a report, and says how satisfied he is."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from chassis.core.refusals import InvalidFields, NotFound
from chassis.data.unit_of_work import UnitOfWork
from reports.commands import ending, filing, photos
from reports.domain.actors import REPORTER, service_as
from reports.models import Report

# A machine, as far as rules go: nobody saw or heard the person, so the mobile isn't confirmed.
ANYBODY = service_as("public", client_id="public")


def check(report: Mapping[str, Any]) -> None:
    """Whether the report may be filed as far as its own fields say. Raises InvalidFields."""
    filing.parse_report(ANYBODY, _from_web(report))


def _from_web(report: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"channel": "web", **report}


def file_report(session: Session, report: Mapping[str, Any], *, now: datetime) -> Report:
    """Files a report in the shape of the contract's `NewPublicReport`, with the photos that its sender sent before.
    Raises SubmissionUsed, and InvalidFields, also for a photo that isn't there or whose key is another."""
    sent = _by_uploader(report.get("photos", ()))
    try:
        return filing.file_report(
            UnitOfWork(session, ANYBODY, now), _from_web(report), photos_of=sent
        )
    except NotFound:  # the form's address is right: what's missing is what it names
        raise InvalidFields.of("photos", "upload-unknown") from None


def _by_uploader(sent: Iterable[Mapping[str, str]]) -> dict[str, list[str]]:
    found = defaultdict(list)
    for one in sent:
        found[photos.uploader_with(one["upload_key"])].append(one["attachment_id"])
    return found


def rate(session: Session, row: Report, *, stars: int, now: datetime) -> Report:
    """By somebody who knows the report's number and mobile. Raises IllegalTransition, InvalidFields."""
    return ending.rate(UnitOfWork(session, REPORTER, now), row.report_id, stars=stars)
