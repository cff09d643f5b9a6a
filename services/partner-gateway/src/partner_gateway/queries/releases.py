"""Reads the releases of current that wait for the company, and the documents of their permits."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import cast as sql_cast
from sqlalchemy import exists, select
from sqlalchemy.dialects.postgresql import UUID
from sqlalchemy.orm import Session

from chassis.data.paging import Page, PageRequest, keyset
from chassis.data.sealing import Sealer
from partner_gateway.domain.permit_documents import document_context
from partner_gateway.models import BuildingFacts, BuildingPermit, BuildingRelease
from partner_gateway.queries.permits import building_id, document_parts, effective_status


@dataclass(frozen=True, kw_only=True)
class WaitingReleases:
    """The list's filter: one kind of the company's work, or all."""

    waits_for: str | None = None


def waiting_releases(
    session: Session, search: WaitingReleases, page: PageRequest
) -> Page[BuildingRelease]:
    """Returns a page of the releases, the most urgent work first, the oldest first within each. A release whose permit
    hasn't arrived yet is left out until then. Raises InvalidFields on `cursor`."""
    permit_id = sql_cast(BuildingRelease.state["permit_id"].astext, UUID(as_uuid=False))
    is_known = exists().where(BuildingPermit.permit_id == permit_id)
    statement = select(BuildingRelease).where(BuildingRelease.waits_for.is_not(None), is_known)
    if search.waits_for is not None:
        statement = statement.where(BuildingRelease.waits_for == search.waits_for)
    key = [BuildingRelease.waits_for, BuildingRelease.waits_since, BuildingRelease.release_id]
    return keyset(session, statement, key, page, search=search)


def permit_documents_of(
    session: Session, sealer: Sealer, permit_ids: Sequence[str], today: date
) -> dict[str, dict[str, Any]]:
    """Returns the documents of permits by their ids, with the facts of their buildings as of the day. Raises
    CannotUnseal."""
    permits: Any = BuildingPermit.__table__
    statement = (
        select(
            permits.c.permit_id, effective_status(permits), permits.c.document,
            BuildingFacts.document.label("facts"), BuildingFacts.fresh_until,
        )
        .outerjoin(BuildingFacts, BuildingFacts.building_id == building_id(permits))
        .where(permits.c.permit_id.in_(permit_ids))
    )  # fmt: skip
    rows = session.execute(statement, {"today": today}).all()
    contexts = (document_context(row.permit_id).encode() for row in rows)
    opened = sealer.unseal_all([row.document for row in rows], contexts)
    return {
        row.permit_id: json.loads(b"".join(document_parts(today, *_texts(row), document)))
        for row, document in zip(rows, opened, strict=True)
    }


def _texts(row: Any) -> tuple[bytes, bytes | None, date | None]:
    return row.status.encode(), row.facts.encode() if row.facts else None, row.fresh_until
