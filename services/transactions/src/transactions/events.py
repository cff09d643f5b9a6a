"""Events: the whole public state of a transaction, built from its record. No subject, no applicant, no text that people
wrote."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from chassis.core.cloudevents import Event
from chassis.events.contacts import Contact
from chassis.events.inquiry import Inquiry, Known
from saudi.days import legal_day
from saudi.formats import with_hijri
from transactions.catalogue import catalogue
from transactions.domain.transactions import KIND, next_step

DAYS = frozenset(("entered_on", "due_on", "answer_until", "decided_on", "ended_on"))


def transaction_event(
    happened: str,
    record: Mapping[str, Any],
    *,
    inquiry: Mapping[str, Any],
    contacts: Sequence[Mapping[str, Any]],
    now: datetime,
) -> Event:
    """Builds an event of the topic transactions.transaction. `happened`: the past participle in the type. `contacts`:
    the people to notify."""
    return Event(
        type=f"sa.gov.qatif.transactions.transaction.{happened}.v1",
        topic="transactions.transaction",
        aggregate_type="transaction",
        aggregate_id=record["transaction_id"],
        version=record["version"],
        data={**transaction_state(record), "inquiry": inquiry, "contacts": contacts},
        time=now,
    )


def transaction_state(record: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the data of events/transactions/transaction.v1.schema.json without contacts and inquiry."""
    moments = ("decided_at", "ended_at")
    state = {name: value for name, value in record.items() if name not in ("version", *moments)}
    kind = catalogue().kinds[record["kind"]].words if record["kind"] else None
    state |= {
        "kind_name": kind.ar if kind else None,
        "kind_name_en": kind.en if kind else None,
        "next_step": next_step(record["status"]),
        "decided_on": _iso_day(record["decided_at"]),
        "ended_on": _iso_day(record["ended_at"]),
    }
    return with_hijri(state, DAYS)


def inquiry_of(record: Mapping[str, Any], applicant: Mapping[str, Any] | None) -> Inquiry:
    """Returns the answer to an inquiry. Nobody finds a confidential transaction: it has no key and no person."""
    found = applicant if applicant and not record["confidential"] else {}
    step = next_step(record["status"])
    return Inquiry(
        kind=KIND,
        number=record["number"],
        status=record["status"],
        opened_on=date.fromisoformat(record["entered_on"]),
        due_on=date.fromisoformat(record["due_on"]) if step != "none" else None,
        decided_on=_day(record["decided_at"]),
        municipality=record["municipality"],
        department=record["department"],
        next_step=step,
        known=_list_known(found),
        persons=[found["number"]] if found.get("type") == "person" else [],
    )


def _list_known(applicant: Mapping[str, Any]) -> list[Known]:
    """Returns what an inquirer has to know beside the number."""
    known = []
    if applicant.get("mobile"):
        known.append(Known(by="mobile", value=applicant["mobile"]))
    if applicant.get("number"):
        by = "person_id" if applicant["type"] == "person" else "establishment"
        known.append(Known(by=by, value=applicant["number"]))
    return known


def applicant_contact(applicant: Mapping[str, Any] | None, *, confidential: bool) -> list[Contact]:
    """Returns the applicant as a contact; nobody without a mobile, and nobody of a confidential transaction."""
    if confidential or not applicant or not applicant["mobile"]:
        return []
    return [
        Contact(
            role="applicant",
            mobile=applicant["mobile"],
            language=applicant["language"],
            confirmed=applicant["confirmed"],
        )
    ]


def _day(moment: str | None) -> date | None:
    return legal_day(datetime.fromisoformat(moment)) if moment else None


def _iso_day(moment: str | None) -> str | None:
    day = _day(moment)
    return day.isoformat() if day else None
