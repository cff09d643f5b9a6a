"""Reads the health certificates that name the place of an application."""

from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from licences.commands.moving import left_by, with_those_left
from licences.domain.certified import VALID, Held, health_fact
from licences.domain.facts import Fact
from licences.models import Application, KnownHealthCertificate


def share_of(session: Session, row: Application, seen: Fact | None, *, on: date) -> Fact | None:
    """The fact about the workers' certificates on the day; `seen` is what an officer verified."""
    licences = _licences(session, row)
    applications = {row.application_no}
    if licences:
        named = select(Application.application_no).where(Application.licence_no.in_(licences))
        applications.update(session.scalars(named))
    held = _held(session, licences, applications)
    return health_fact(held, seen, workers=row.workers, on=on)


def _licences(session: Session, row: Application) -> set[str]:
    """The licence that the application is about, or that its shop moves from: its workers move with it. Those of one
    that was left already went elsewhere."""
    left = left_by(session, row)
    if left is not None and left.replaced_by not in (None, row.licence_no):
        left = None
    named = {one for one in (row.licence_no, left and left.licence_no) if one}
    return {number for one in named for number in with_those_left(session, one)}


def _held(
    session: Session, licences: Collection[str], applications: Collection[str]
) -> Sequence[Held]:
    statement = select(KnownHealthCertificate).where(
        or_(
            KnownHealthCertificate.application_no.in_(sorted(applications)),
            KnownHealthCertificate.licence_no.in_(sorted(licences)),
        )
    )
    rows = session.scalars(statement).all()
    awaited = _unknown(session, {one.replaced_by for one in rows if one.replaced_by})
    return [
        Held(
            worker=one.worker,
            status=VALID if one.replaced_by in awaited else one.status,
            valid_until=one.valid_until,
            changed_at=one.changed_at,
        )
        for one in rows
    ]


def _unknown(session: Session, renewed: Collection[str]) -> set[str]:
    """Those of the certificates that took another's place of which nothing was told yet."""
    if not renewed:
        return set()
    known = session.scalars(
        select(KnownHealthCertificate.certificate_no).where(
            KnownHealthCertificate.certificate_no.in_(sorted(renewed))
        )
    )
    return set(renewed) - set(known)
