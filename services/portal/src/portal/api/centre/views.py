"""What the pages of medical centres show. Words of states come from the gateway, names of countries from the
contracts."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from chassis.core import contracts
from pages.site import Visit
from portal.catalogue import nationalities
from portal.domain.examination_form import CORRECTION_REASONS

Document = Mapping[str, Any]
_TONES = {"pending": "info", "accepted": "success", "refused": "error"}
_ACCEPTED, _PENDING, _REFUSED = "accepted", "pending", "refused"


def entry_row(entry: Document, language: str) -> dict[str, Any]:
    """Returns an entry of the centre: whether it was recorded, and why not."""
    reason = entry["reason"]
    return {
        "number": entry["number"],
        "address": f"/centre/examinations/{entry['number']}",
        "entered_at": entry["entered_at"],
        "recorded_at": entry["recorded_at"],
        "status": entry["status_title"][language],
        "tone": _TONES.get(entry["status"], "neutral"),
        "is_pending": entry["status"] == _PENDING,
        "reason": reason[language] if reason else None,
        "is_correction": entry["corrects"] is not None,
    }


def is_correctable(entry: Document, now: datetime) -> bool:
    """Returns whether the centre may still correct an entry."""
    until = entry["correctable_until"]
    is_open = until is not None and now < datetime.fromisoformat(until)
    return entry["status"] == _ACCEPTED and is_open


class WorkerView:
    """The worker as declared, to be compared with the document, and what the centre entered about the request."""

    def __init__(self, found: Document, visit: Visit) -> None:
        language, worker = visit.language, found["worker"]
        self.name_ar, self.name_en = worker["name"]["ar"], worker["name"]["en"]
        self.birth_date = worker["birth_date"]
        self.id_type = visit.words_of("health_id", worker["id_type"])
        self.sex = visit.words_of("health_sex", worker["sex"])
        nationality = worker["nationality"]
        self.nationality = nationalities().get(nationality, {}).get(language, nationality)
        last = found["examination"]
        self.last = entry_row(last, language) if last else None
        self.last_is_correctable = bool(last) and is_correctable(last, visit.now)
        self.takes_result = last is None or last["status"] == _REFUSED


@cache
def correction_reasons(language: str) -> list[tuple[str, str]]:
    """Returns the reasons of a correction with their words."""
    titles = _titles_of("CorrectionReason")
    return [(code, titles[code][language]) for code in CORRECTION_REASONS]


def _titles_of(schema: str) -> Mapping[str, Mapping[str, str]]:
    found: Mapping[str, Mapping[str, str]] = contracts.openapi("partner-gateway")["components"][
        "schemas"
    ][schema]["x-titles"]
    return found
