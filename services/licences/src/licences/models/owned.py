"""`Applicant.owns` in SQL, for lists and for single things alike."""

from sqlalchemy import ColumnElement, and_, or_
from sqlalchemy.orm import InstrumentedAttribute, Session

from chassis.data.sealed import keys_of
from licences.domain.applicants import Applicant
from licences.models.applications import Application
from licences.models.drafts import Draft
from licences.models.licences import Licence
from licences.models.violations import Violation


def owned(
    session: Session,
    own: Applicant,
    model: type[Application] | type[Licence] | type[Violation],
    person_key: InstrumentedAttribute[str | None],
) -> ColumnElement[bool]:
    """The person's number is looked for under every key that is in use."""
    keys = keys_of(session).index.keys(own.id_number)
    return or_(
        model.establishment.in_(sorted(own.establishments)),
        and_(model.establishment.is_(None), person_key.in_(keys)),
    )


def owned_draft(own: Applicant) -> ColumnElement[bool]:
    """A draft is its maker's, or the establishment's that it's meant for."""
    return or_(
        Draft.establishment.in_(sorted(own.establishments)),
        and_(Draft.establishment.is_(None), Draft.subject == own.subject),
    )
