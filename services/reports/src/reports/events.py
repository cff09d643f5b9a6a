"""Events: the whole public state of a report, built from its record. No name, no mobile, no text that people wrote."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from chassis.core.cloudevents import Event
from chassis.events.inquiry import Inquiry, Known
from reports.catalogue import catalogue, governorate, municipalities
from reports.domain.reports import NEXT_STEPS, Status
from saudi.bilingual import Bilingual
from saudi.days import legal_day
from saudi.text import place_key


def report_event(
    happened: str,
    record: Mapping[str, Any],
    *,
    inquiry: Mapping[str, Any],
    contacts: Sequence[Mapping[str, Any]],
    now: datetime,
) -> Event:
    """Builds an event of the topic reports.report. `happened`: the past participle in the type. `contacts`: the people
    to notify."""
    return Event(
        type=f"sa.gov.qatif.reports.report.{happened}.v1",
        topic="reports.report",
        aggregate_type="report",
        aggregate_id=record["report_id"],
        version=record["version"],
        data={**report_state(record), "inquiry": inquiry, "contacts": contacts},
        time=now,
    )


def report_state(record: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the data of events/reports/report.v1.schema.json without contacts and inquiry."""
    state = {name: value for name, value in record.items() if name not in ("version", "town")}
    named, place = catalogue().categories[record["category"]].words, _place(record)
    state |= {"category_name": named.ar, "category_name_en": named.en}
    state |= {"place": place.ar, "place_en": place.en}
    if (external := record["external"]) is not None:
        words = catalogue().outside_bodies[external["body"]]
        state["external"] = {**external, "body": words.ar, "body_en": words.en}
    return state


def _place(record: Mapping[str, Any]) -> Bilingual:
    """Returns the town, or the branch of a report without a town."""
    town = governorate().towns.get(place_key(record["town"] or ""))
    return Bilingual(town.name, town.english) if town else municipalities()[record["municipality"]]


def inquiry_of(record: Mapping[str, Any], mobile: str | None) -> Inquiry:
    """Returns the answer to an inquiry by number and mobile."""
    return Inquiry(
        kind="report",
        number=record["report_number"],
        status=record["status"],
        opened_on=_day(record["filed_at"]) or date.min,
        due_on=_day(record["due_at"]),
        decided_on=_day(record["closed_at"] or record["resolved_at"]),
        municipality=record["municipality"],
        department=record["department"],
        next_step=NEXT_STEPS[Status(record["status"])],
        known=[Known(by="mobile", value=mobile)] if mobile else [],
    )


def _day(moment: str | None) -> date | None:
    return legal_day(datetime.fromisoformat(moment)) if moment else None
