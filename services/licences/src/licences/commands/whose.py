"""Whose applications and licences are: an establishment's, or those of a person for himself."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_
from sqlalchemy.orm import Session

from chassis.data.sealed import keys_of
from licences.models import Application, Licence

Whose = tuple[str | None, str]  # the establishment, and its owner, who counts where there's none


def whose(body: Mapping[str, Any]) -> Whose:
    """Who applies, by the body in its normal form."""
    return (body.get("establishment") or {}).get("unified_number"), body["owner"]["id_number"]


def of_applicant(
    session: Session, model: type[Application] | type[Licence], applicant: Whose
) -> ColumnElement[bool]:
    """Those of the establishment; where there's none, those of the person that name no establishment."""
    establishment, owner = applicant
    if establishment is not None:
        return model.establishment == establishment
    keys = keys_of(session).index.keys(owner)
    return and_(model.establishment.is_(None), model.owner_key.in_(keys))


def of_either(
    session: Session,
    model: type[Application] | type[Licence],
    establishment: str | None,
    owner: str | None,
) -> ColumnElement[bool]:
    """Those of the establishment, and all of the person, for whichever establishment; none where neither is known."""
    whose: list[ColumnElement[bool]] = [false()]
    if establishment is not None:
        whose.append(model.establishment == establishment)
    if owner is not None:
        whose.append(model.owner_key.in_(keys_of(session).index.keys(owner)))
    return or_(*whose)
