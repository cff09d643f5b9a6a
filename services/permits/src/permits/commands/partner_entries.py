"""Entries of partners: the permit that an entry names, and the answer to the entry."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from chassis.core.refusals import NotFound
from chassis.data.unit_of_work import UnitOfWork
from chassis.events.outbox import publish
from permits import catalogue, events
from permits.models import Certificate, PartnerEntry, Permit

CLIENT = "partner-gateway"


def is_answered(session: Session, entry: Mapping[str, Any]) -> bool:
    """Returns whether the entry was answered before."""
    return session.get(PartnerEntry, entry["entry_id"]) is not None


def lock_named_permit(work: UnitOfWork, entry: Mapping[str, Any]) -> Permit:
    """Locks the permit that the entry names. Raises NotFound, also if the entry names another municipality."""
    permit = work.lock(Permit, entry["permit_id"])
    if permit.municipality != entry["municipality"]:
        raise NotFound
    return permit


def answer_entry(
    work: UnitOfWork,
    source: str,
    entry: Mapping[str, Any],
    permit: Permit | None,
    *,
    refused: str | None = None,
    effects: Sequence[str] = (),
    certificate: Certificate | None = None,
) -> None:
    """Keeps the answer, and publishes it as entry.took_effect or entry.refused."""
    outcome = "effective" if refused is None else "refused"
    permit_id = permit.permit_id if permit else None
    work.session.add(
        PartnerEntry(
            entry_id=entry["entry_id"],
            source=source,
            kind=entry["kind"],
            partner=entry["partner"],
            permit_id=permit_id,
            outcome=outcome,
            reason=refused,
            effects=list(effects),
            entered_at=datetime.fromisoformat(entry["entered_at"]),
            decided_at=work.now,
        )
    )
    told = {
        **{name: entry[name] for name in ("entry_id", "kind", "partner", "municipality")},
        "source": source,
        "permit_id": permit_id,
        "permit_number": permit.permit_number if permit else None,
        "outcome": outcome,
        "reason": catalogue.entry_words(refused) if refused else None,
        "effects": [catalogue.entry_words(code) for code in effects],
        "certificate_id": certificate.certificate_id if certificate else None,
        "certificate_number": certificate.certificate_number if certificate else None,
    }
    publish(work.session, events.entry_event(told, work.now))
