"""Of the applications that ask for one and the same licence, one is open at a time."""

import hashlib
from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, and_, select, text
from sqlalchemy.orm import Session

from chassis.data.sealed import keys_of
from licences.domain.applications import ENDED
from licences.domain.asked import ISSUE
from licences.domain.doubles import ApplicationOpen, ask_the_same
from licences.models import Application

_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(:key)")


def check_none_open(
    session: Session, body: Mapping[str, Any], *, besides: str | None = None
) -> None:
    """No application but `besides` asks for the licence that the body, in its normal form, asks for. Whoever applies
    for the same establishment at the same moment waits here until the transaction ends. Raises ApplicationOpen with
    the number of the first one."""
    establishment = (body.get("establishment") or {}).get("unified_number")
    owner = body["owner"]["id_number"]
    _one_at_a_time(session, establishment or owner)
    statement = (
        select(Application.application_no, Application.body)
        .where(
            _of_applicant(session, establishment, owner),
            Application.request == ISSUE,
            Application.status.not_in(ENDED),
            Application.application_id.is_distinct_from(besides),
            Application.emptied_at.is_(None),
        )
        .order_by(Application.submitted_at, Application.application_id)
    )
    with session.no_autoflush:
        rows = session.execute(statement).all()
    for number, other in rows:
        if ask_the_same(body, other):
            raise ApplicationOpen(number)


def check_none_asks(session: Session, request: str, licence_no: str) -> None:
    """No application asks the same of the licence: two renewals would each be paid, and each add its years. Raises
    ApplicationOpen."""
    _one_at_a_time(session, licence_no)
    first = session.scalar(
        select(Application.application_no)
        .where(
            Application.licence_no == licence_no,
            Application.request == request,
            Application.status.not_in(ENDED),
        )
        .order_by(Application.submitted_at, Application.application_id)
        .limit(1)
    )
    if first is not None:
        raise ApplicationOpen(first)


def _one_at_a_time(session: Session, whose: str) -> None:
    digest = hashlib.sha256(f"application/{whose}".encode()).digest()
    session.execute(_ONE_AT_A_TIME, {"key": int.from_bytes(digest[:8], signed=True)})


def _of_applicant(session: Session, establishment: str | None, owner: str) -> ColumnElement[bool]:
    if establishment is not None:
        return Application.establishment == establishment
    keys = keys_of(session).index.keys(owner)
    return and_(Application.establishment.is_(None), Application.owner_key.in_(keys))
